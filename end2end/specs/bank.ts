// The bank as the specs use it: people by `vigie user`, everything else through the doors that the pages post to.
// Promises: each person and account is new, so that no test meets another's. Deliberately absent: the database.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type APIRequestContext, type APIResponse, type BrowserContext, expect } from '@playwright/test';

export const address = process.env.VIGIE_URL ?? 'http://127.0.0.1:3000';
const binary = process.env.VIGIE_BINARY ?? resolve(__dirname, '../../target/debug/vigie');

export type Role = 'customer' | 'analyst' | 'operator';
export type Kind = 'deposit' | 'withdrawal' | 'transfer';

export interface Person {
  username: string;
  password: string;
  name: string;
}

export interface Customer extends Person {
  context: BrowserContext;
  account: string;
}

/** What the payment form posts. */
export interface Payment {
  id: string;
  kind: Kind;
  account: string;
  payee?: string;
  amount: string;
  reference?: string;
}

/** Runs `vigie` with these arguments and returns what it printed. */
export function vigie(args: string[], input = ''): Promise<string> {
  return new Promise((done, failed) => {
    const child = execFile(binary, args, { env: { ...process.env, VIGIE_LOG: 'error' } }, (error, stdout, stderr) => {
      if (error) failed(new Error(`vigie ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`));
      else done(stdout);
    });
    // A command that ends without reading breaks the pipe; what became of it says its status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** A UUIDv7, as the forms make them. */
export function newId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Somebody who was not there before. */
export async function newPerson(role: Role = 'customer'): Promise<Person> {
  const mark = randomBytes(5).toString('hex');
  const person = { username: `${role}-${mark}`, password: `a sentence with ${mark}`, name: `Test ${mark}` };
  await vigie(['user', 'add', person.username, '--name', person.name, '--role', role, '--password-stdin'], `${person.password}\n`);
  return person;
}

/** Posts to a server function as one of our pages would, and returns its answer unfollowed. */
export function post(request: APIRequestContext, action: string, form: Record<string, string>): Promise<APIResponse> {
  return request.post(`${address}/do/${action}`, { form, headers: { origin: address }, maxRedirects: 0 });
}

export function locationOf(answer: APIResponse): string {
  expect(answer.status(), answer.url()).toBe(303);
  return answer.headers().location ?? '';
}

export async function signIn(context: BrowserContext, person: Person): Promise<void> {
  const { username, password } = person;
  expect(locationOf(await post(context.request, 'sign_in', { username, password, next: '/' }))).toBe('/');
}

/** Opens an account for whoever is signed in there and returns its number. */
export async function openAccount(context: BrowserContext, currency = 'EUR'): Promise<string> {
  const answer = locationOf(await post(context.request, 'open_account', { command_id: newId(), currency }));
  const number = /^\/(?:accounts\/|\?opening=)([A-Z0-9-]+)/u.exec(answer)?.[1] ?? '';
  expect(number, answer).not.toBe('');
  // On a machine under load the answer may be "being opened": then the account is there in a moment.
  if (answer.startsWith('/?opening=')) await untilFound(context, `/accounts/${number}`);
  return number;
}

/** Waits for a page that a bounded wait of the node was too short for. */
async function untilFound(context: BrowserContext, path: string): Promise<void> {
  const status = async () => (await context.request.get(address + path)).status();
  await expect.poll(status, { timeout: 20_000 }).toBe(200);
}

/** A new customer, signed in on that browser, with an account in euros. */
export async function newCustomer(context: BrowserContext): Promise<Customer> {
  const person = await newPerson('customer');
  await signIn(context, person);
  return { ...person, context, account: await openAccount(context) };
}

/** Sends a payment; the address it leads to. */
export async function send(context: BrowserContext, payment: Payment): Promise<string> {
  const { id, ...rest } = payment;
  return locationOf(await post(context.request, 'submit_transaction', { transaction_id: id, payee: '', reference: '', ...rest }));
}

/** Sends a payment that must be booked; its id. */
export async function book(context: BrowserContext, { id = newId(), ...payment }: Omit<Payment, 'id'> & { id?: string }): Promise<string> {
  const answer = await send(context, { id, ...payment });
  // `?form=` says "received, still processing": under load the node's wait may be too short.
  if (answer.startsWith(`/transactions/${id}?form=`)) await untilFound(context, `/transactions/${id}`);
  else expect(answer).toBe(`/transactions/${id}`);
  return id;
}

/** The statement as the file has it: one record per booked row, oldest first. */
export async function statement(context: BrowserContext, account: string, query = ''): Promise<Record<string, string>[]> {
  const answer = await context.request.get(`${address}/accounts/${account}/statement.csv${query}`);
  expect(answer.status()).toBe(200);
  const [header, ...rows] = (await answer.text()).trimEnd().split(/\r?\n/u).map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(header.map((name, column) => [name, row[column] ?? ''])));
}

/** Cents, from the file's decimal. */
export function cents(decimal: string): number {
  return Math.round(Number(decimal) * 100);
}
