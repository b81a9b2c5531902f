// A laptop is closed for half a minute while the bank goes on: opened again, its page is told exactly what it missed.
import { book, newCustomer, newId, openAccount, signIn } from '../bank';
import { available, untilLive } from '../page';
import { expect, test } from '../test';
import { type Transaction, Wire } from './frames';
import { Network } from './network';

const CUT_MS = 30_000;
const COUNT = 500;
const AT_A_TIME = 10;
/** Each a hundred times a quarter: 387.50 in all, per way. */
const AMOUNTS = ['2,5', '3,2', '4,1', '5,7'];

test('cut off for 30 s while 500 transactions arrive, then exactly those 500, in order per account', async ({ page, context, customer, another }) => {
  test.setTimeout(120_000);
  const phone = await another();
  await signIn(phone, customer);
  const second = await openAccount(context);
  const other = await newCustomer(await another());
  await book(context, { kind: 'deposit', account: customer.account, amount: '1000' });
  await book(context, { kind: 'deposit', account: second, amount: '1000' });
  await book(other.context, { kind: 'deposit', account: other.account, amount: '1000' });

  const network = await Network.open();
  const wire = new Wire(page);
  await page.goto(`${network.address}/explore`);
  await untilLive(page);
  const seen = await book(context, { kind: 'deposit', account: customer.account, amount: '1' });
  await wire.untilTold(seen);
  const before = wire.texts.length;
  const sockets = wire.sockets.length;

  network.lose();
  await context.setOffline(true);
  const lost = Date.now();
  // Neither tiny nor alike: a hundred payments of one euro are what detection holds.
  const sent = await fiveHundred([
    (id, amount) => book(phone, { id, kind: 'deposit', account: customer.account, amount }),
    (id, amount) => book(phone, { id, kind: 'withdrawal', account: customer.account, amount }),
    (id, amount) => book(phone, { id, kind: 'transfer', account: customer.account, payee: second, amount }),
    (id, amount) => book(other.context, { id, kind: 'transfer', account: other.account, payee: second, amount }),
    (id, amount) => book(phone, { id, kind: 'transfer', account: second, payee: other.account, amount }),
  ]);
  await expect(page.locator('.live-chip')).toHaveAttribute('data-state', 'waiting', { timeout: CUT_MS });
  await expect.poll(() => Date.now() - lost, { timeout: CUT_MS + 5_000 }).toBeGreaterThanOrEqual(CUT_MS);
  expect(wire.texts.length, 'nothing came through the cut').toBe(before);
  network.mend();
  await context.setOffline(false);

  await wire.untilTold(...sent);
  await untilLive(page);
  expect(wire.sockets.length).toBeGreaterThan(sockets);
  const frames = wire.frames.slice(before);
  expect(frames.filter(({ kind }) => kind === 'snapshot')).toEqual([]);
  const told = wire.transactions.slice(wire.transactions.findIndex(({ id }) => id === seen) + 1);
  expect(told.map(({ id }) => id).sort(), 'each once, and no other').toEqual([...sent].sort());
  for (const account of [customer.account, second]) {
    const versions = versionsOf(told, account);
    expect(versions.length).toBeGreaterThan(100);
    expect([...versions].sort((a, b) => a - b), 'no change of the account is missing').toEqual(upFrom(Math.min(...versions), versions.length));
    // Its own partition decides all that takes from an account: that comes in order. Credits join from other partitions.
    const debits = versionsOf(told.filter(({ debit }) => debit.account === account), account);
    expect(debits).toEqual([...debits].sort((a, b) => a - b));
  }

  // On the page each account's rows stand in its order, newest first; nothing is said of gaps; the figures are the ledger's.
  const shown = await page.locator('table.transactions tbody tr').evaluateAll((rows) => rows.map((tr) => tr.getAttribute('data-id') ?? ''));
  expect(shown).toHaveLength(50);
  expect(shown.filter((id) => !sent.includes(id))).toEqual([]);
  const oldestFirst = shown.reverse().map((id) => told.find((transaction) => transaction.id === id) as Transaction);
  for (const account of [customer.account, second]) {
    const versions = versionsOf(oldestFirst, account);
    expect(versions).toEqual(upFrom(versions[0], versions.length));
    expect(versions.at(-1)).toBe(Math.max(...versionsOf(told, account)));
  }
  await expect(page.locator('.live-note')).toHaveCount(0);
  await page.goto('/');
  await expect(available(page, customer.account)).toHaveText('€613.50');
  await expect(available(page, second)).toHaveText('€1,387.50');
  await network.close();
});

/** Sends 500, a few at a time, each kind in turn; their ids. */
async function fiveHundred(ways: ((id: string, amount: string) => Promise<string>)[]): Promise<string[]> {
  const ids = Array.from({ length: COUNT }, newId);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < COUNT; index = next++) {
      await ways[index % ways.length](ids[index], AMOUNTS[Math.floor(index / ways.length) % AMOUNTS.length]);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return ids;
}

/** The account's versions after these transactions, in their order. */
function versionsOf(transactions: Transaction[], account: string): number[] {
  const sides = transactions.flatMap(({ debit, credit }) => [debit, credit]);
  return sides.flatMap((side) => (side.account === account && side.after ? [side.after.version] : []));
}

function upFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
