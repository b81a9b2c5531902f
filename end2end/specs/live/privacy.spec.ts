// A transfer between two customers, on both their sockets: the own side whole, of the other side its number alone.
import { book, newCustomer, openAccount, type Customer } from '../bank';
import { untilLive } from '../page';
import { expect, test } from '../test';
import { type Transaction, Wire } from './frames';

/** Everything a customer's socket may say of a transaction. */
const KEYS = ['amount_minor', 'change', 'credit', 'currency', 'debit', 'history', 'id', 'kind', 'occurred_at', 'reason', 'recorded_at', 'state'];

test('the frames of a transfer hold nothing of the other side but its account number', async ({ page, customer, another }) => {
  const payee = await newCustomer(await another());
  const hidden = await openAccount(payee.context);
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '8 181,81' });
  await book(payee.context, { kind: 'deposit', account: payee.account, amount: '7 272,72' });
  await book(payee.context, { kind: 'deposit', account: hidden, amount: '6 363,63' });
  const theirs = await payee.context.newPage();
  const [mine, their] = [new Wire(page), new Wire(theirs)];
  await page.goto('/explore');
  await theirs.goto('/explore');
  await untilLive(page);
  await untilLive(theirs);

  const id = await book(customer.context, {
    kind: 'transfer',
    account: customer.account,
    payee: payee.account,
    amount: '1',
    reference: 'between the two of us',
  });
  await mine.untilTold(id);
  await their.untilTold(id);
  // A snapshot tells more than an update does: ask for one too, by coming without any token.
  for (const one of [page, theirs]) {
    await one.evaluate(() => sessionStorage.clear());
    await one.reload();
    await untilLive(one);
  }

  const own = (wire: Wire) => wire.transactions.find((transaction) => transaction.id === id) as Transaction;
  expect(own(mine).debit).toEqual({ account: customer.account, after: { version: 3, booked_minor: 818_081, available_minor: 818_081 } });
  expect(own(mine).credit).toEqual({ account: payee.account });
  expect(own(their).credit).toEqual({ account: payee.account, after: { version: 3, booked_minor: 727_372, available_minor: 727_372 } });
  expect(own(their).debit).toEqual({ account: customer.account });
  for (const wire of [mine, their]) {
    for (const transaction of wire.transactions) expect(KEYS).toEqual(expect.arrayContaining(Object.keys(transaction)));
  }

  expectNothingOf(mine, payee, [hidden, '727272', '727372', '636363']);
  expectNothingOf(their, customer, ['818181', '818081']);
});

function expectNothingOf(wire: Wire, other: Customer, secrets: string[]): void {
  expect(wire.texts.length).toBeGreaterThan(0);
  const all = wire.texts.join('\n');
  const never = [other.username, other.name, other.password, 'between the two of us', 'score', 'rule', 'alert', 'case'];
  for (const secret of [...never, ...secrets]) expect(all, secret).not.toContain(secret);
  for (const frame of wire.frames) {
    for (const change of frame.changes ?? []) {
      if (change.change === 'account') expect(change.account).not.toBe(other.account);
    }
  }
}
