// One transaction id: one page, one row, whatever is sent again under it.
import { book, newCustomer, newId, openAccount, send, statement } from './bank';
import { row, switchTo } from './page';
import { expect, test } from './test';

test('an unknown id says that sending again is safe, in both languages', async ({ page, customer }) => {
  void customer;
  const answer = await page.goto(`/transactions/${newId()}`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not known here');
  await expect(page.locator('main')).toContainText(
    'No transaction with this id is known here. If you were sending a payment, sending it again is safe: it is booked once at most.',
  );
  await switchTo(page, 'fr');
  await expect(page.locator('main')).toContainText('le renvoyer est sans risque');
});

test('"Check again" shows what has happened meanwhile', async ({ page, customer }) => {
  const id = newId();
  await page.goto(`/transactions/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not known here');
  await send(customer.context, { id, kind: 'deposit', account: customer.account, amount: '4' });
  await page.getByRole('link', { name: 'Check again' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deposit of €4.00');
});

test('one id sent 100 times in parallel is one row, and all 100 answers are equal', async ({ customer }) => {
  const id = newId();
  const payment = { id, kind: 'deposit', account: customer.account, amount: '12,34' } as const;
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(customer.context, payment)));
  expect(answers).toHaveLength(100);
  expect(new Set(answers)).toEqual(new Set([`/transactions/${id}`]));
  expect(await statement(customer.context, customer.account)).toMatchObject([
    { transaction_id: id, amount: '12.34', balance_after: '12.34' },
  ]);
});

test('the same id with another amount is a conflict, and the page shows the original', async ({ page, customer }) => {
  const id = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '10' });
  const answer = await send(customer.context, { id, kind: 'deposit', account: customer.account, amount: '11' });
  expect(answer).toBe(`/transactions/${id}?conflict=1`);
  await page.goto(answer);
  await expect(page.getByText('This id was used before for another payment. Shown is the original; the second one was not taken.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deposit of €10.00');
  expect(await statement(customer.context, customer.account)).toMatchObject([{ amount: '10.00' }]);
});

test('the same id with another debited account is a conflict too, whichever partition decides it', async ({ page, customer }) => {
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '20' });
  const id = await book(customer.context, { kind: 'withdrawal', account: customer.account, amount: '1' });
  // With several accounts some lie in other partitions than the first.
  for (let turn = 0; turn < 4; turn += 1) {
    const second = await openAccount(customer.context);
    await book(customer.context, { kind: 'deposit', account: second, amount: '20' });
    const answer = await send(customer.context, { id, kind: 'withdrawal', account: second, amount: '1' });
    expect(answer).toBe(`/transactions/${id}?conflict=1`);
    expect(await statement(customer.context, second)).toHaveLength(1);
  }
  await page.goto(`/transactions/${id}?conflict=1`);
  await expect(page.locator('main')).toContainText(customer.account);
  expect(await statement(customer.context, customer.account)).toHaveLength(2);
});

test('somebody else’s id is not known, and using it reveals nothing of the original', async ({ page, customer, another }) => {
  const other = await newCustomer(await another());
  const id = await book(other.context, { kind: 'deposit', account: other.account, amount: '77,77' });
  await page.goto(await send(customer.context, { id, kind: 'deposit', account: customer.account, amount: '1' }));
  await expect(page.locator('main')).not.toContainText('77.77');
  await expect(page.locator('main')).not.toContainText(other.account);
  expect(await statement(customer.context, customer.account)).toEqual([]);
});

test('activity lists what was booked and refused, and its filters stay in the address', async ({ page, customer }) => {
  const deposit = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '9' });
  const withdrawal = await book(customer.context, { kind: 'withdrawal', account: customer.account, amount: '2' });
  const refused = newId();
  await send(customer.context, { id: refused, kind: 'withdrawal', account: customer.account, amount: '200' });
  await page.goto('/explore');
  for (const id of [deposit, withdrawal, refused]) await expect(row(page, id)).toBeVisible();
  await page.getByLabel('State').selectOption({ label: 'Refused' });
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/[?&]state=refused/u);
  await expect(row(page, refused)).toBeVisible();
  await expect(row(page, deposit)).toHaveCount(0);
  await page.goto('/explore?type=deposit');
  await expect(row(page, deposit)).toBeVisible();
  await expect(row(page, withdrawal)).toHaveCount(0);
});
