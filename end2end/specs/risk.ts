// A payment that the bank's default policy holds: who makes it has a habit, and breaks it.
import { writeFile } from 'node:fs/promises';
import { type BrowserContext, expect, test } from '@playwright/test';
import { type Customer, newCustomer, newId, newPerson, send, signIn, vigie } from './bank';

const DAY_MS = 86_400_000;
/** What the habit leaves on the account, and what is then sent to somebody new: nine tenths of it. */
export const BEFORE = '€500.00';
export const AMOUNT = '€450.00';
export const LEFT = '€50.00';

/** 1,700.00 came in 25 days ago, and six times 100.00 or 300.00 went: imported history, so that it lies in the past. */
export async function giveHabit(account: string): Promise<void> {
  const day = (back: number) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10).split('-').reverse().join('/');
  const movements: [number, string][] = [[25, '1700,00'], [23, '-100,00'], [20, '-300,00'], [17, '-100,00'], [14, '-300,00'], [11, '-100,00'], [8, '-300,00']];
  let balance = 0;
  const lines = movements.map(([back, value]) => {
    balance += Number(value.replace(',', '.'));
    return `${day(back)};${account};${value};${String(balance)}`;
  });
  const file = test.info().outputPath(`${account}.csv`);
  await writeFile(file, ['transaction_date;account;transaction_value;balance', ...lines].join('\n'));
  await vigie(['import', file, '--bank', 'home']);
}

export interface Risky {
  /** Of the transaction, which is held. */
  id: string;
  payee: Customer;
}

/** Sends a customer's first payment to somebody new, large for the habit and for what is there. */
export async function makeRiskyTransfer(customer: Customer, elsewhere: BrowserContext): Promise<Risky> {
  await giveHabit(customer.account);
  const payee = await newCustomer(elsewhere);
  return { id: await sendRisky(customer, payee), payee };
}

/** The same where the habit is there already; its id. */
export async function sendRisky(customer: Customer, payee: Customer): Promise<string> {
  const id = newId();
  const answer = await send(customer.context, { id, kind: 'transfer', account: customer.account, payee: payee.account, amount: '450' });
  expect(answer).toMatch(new RegExp(`^/transactions/${id}`, 'u'));
  return id;
}

/** An analyst's own browser. */
export async function analystOn(context: BrowserContext): Promise<BrowserContext> {
  await signIn(context, await newPerson('analyst'));
  return context;
}
