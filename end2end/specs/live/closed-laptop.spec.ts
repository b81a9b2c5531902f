// A laptop is closed for half a minute while the bank goes on: opened again, its page is told exactly what it missed.
import { book, newCustomer, newId, openAccount, signIn } from '../bank';
import { available, untilLive } from '../page';
import { expect, test } from '../test';
import { type Transaction, Wire } from './frames';
import { Network } from './network';

const CUT_MS = 30_000;
const COUNT = 500;
const AT_A_TIME = 10;

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
  const sent = await fiveHundred([
    (id) => book(phone, { id, kind: 'deposit', account: customer.account, amount: '2' }),
    (id) => book(phone, { id, kind: 'withdrawal', account: customer.account, amount: '1' }),
    (id) => book(phone, { id, kind: 'transfer', account: customer.account, payee: second, amount: '0,5' }),
    (id) => book(other.context, { id, kind: 'transfer', account: other.account, payee: second, amount: '0,1' }),
    (id) => book(phone, { id, kind: 'transfer', account: second, payee: other.account, amount: '0,2' }),
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
    const versions = told.map((transaction) => versionOf(transaction, account)).filter((version) => version !== undefined);
    expect(versions.length).toBeGreaterThan(100);
    expect(versions).toEqual(versions.map((_, index) => versions[0] + index));
  }

  // The page shows the newest of them, says nothing of gaps, and its figures are the ledger's.
  const shown = await page.locator('table.transactions tbody tr').evaluateAll((rows) => rows.map((tr) => tr.getAttribute('data-id') ?? ''));
  expect(shown).toHaveLength(50);
  expect(shown.filter((id) => !sent.includes(id))).toEqual([]);
  await expect(page.locator('.live-note')).toHaveCount(0);
  await page.goto('/');
  await expect(available(page, customer.account)).toHaveText('€1,051.00');
  await expect(available(page, second)).toHaveText('€1,040.00');
  await network.close();
});

/** Sends 500, a few at a time, each kind in turn; their ids. */
async function fiveHundred(ways: ((id: string) => Promise<string>)[]): Promise<string[]> {
  const ids = Array.from({ length: COUNT }, newId);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < COUNT; index = next++) {
      await ways[index % ways.length](ids[index]);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return ids;
}

function versionOf(transaction: Transaction, account: string): number | undefined {
  return [transaction.debit, transaction.credit].find((side) => side.account === account)?.after?.version;
}
