// Moving money by the form: typed, checked, sent, and then on its own page and on the account.
import { book, cents, newCustomer, openAccount, statement } from './bank';
import { available, row } from './page';
import { expect, test } from './test';
import type { Page } from '@playwright/test';

/** Sends what is on the check page and returns the transaction's id. */
async function sendChecked(page: Page, button: string): Promise<string> {
  await expect(page).toHaveURL(/\/pay\/check\?form=/u);
  await page.getByRole('button', { name: button, exact: true }).click();
  await expect(page).toHaveURL(/\/transactions\/[0-9a-f-]{36}/u);
  // A node under load answers "received"; with JavaScript the page follows by itself, without it one looks again.
  await expect(async () => {
    if ((await page.locator('.timeline').getByText('Posted').count()) === 0) await page.getByRole('link', { name: 'Check again' }).click();
    await expect(page.locator('.timeline')).toContainText('Posted', { timeout: 1_000 });
  }).toPass({ timeout: 15_000 });
  return /[0-9a-f-]{36}/u.exec(page.url())?.[0] ?? '';
}

test('an account is opened by the form and can be used at once', async ({ page, customer }) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Open an account' }).first().click();
  await page.getByLabel('Currency').selectOption('EUR');
  await page.getByRole('button', { name: 'Open the account' }).click();
  await expect(page).toHaveURL(/\/accounts\/C\d{12}\?opened=1$/u);
  const account = /C\d{12}/u.exec(page.url())?.[0] ?? '';
  expect(account).not.toBe(customer.account);
  await expect(page.getByText(`Account ${account} is open.`)).toBeVisible();
  await expect(available(page)).toHaveText('€0.00');
  await book(customer.context, { kind: 'deposit', account, amount: '1' });
  await page.goto('/');
  await expect(available(page, account)).toHaveText('€1.00');
  await expect(available(page, customer.account)).toHaveText('€0.00');
});

for (const typed of ['12,34', '12.34']) {
  test(`a deposit typed as ${typed} is twelve euros and thirty-four cents`, async ({ page, customer }) => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Add money' }).click();
    await page.getByLabel('Amount in euros').fill(typed);
    await page.getByRole('button', { name: 'Continue' }).click();
    const id = await sendChecked(page, `Add €12.34 to ${customer.account}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deposit of €12.34');
    await page.goto('/');
    await expect(available(page, customer.account)).toHaveText('€12.34');
    await expect(row(page, id).locator('.amount')).toHaveText('+€12.34');
    expect(await statement(customer.context, customer.account)).toMatchObject([
      { kind: 'deposit', amount: '12.34', balance_after: '12.34', currency: 'EUR', transaction_id: id },
    ]);
  });
}

test('a withdrawal takes from what is available', async ({ page, customer }) => {
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '100' });
  await page.goto(`/accounts/${customer.account}`);
  await page.getByRole('link', { name: 'Withdraw' }).click();
  await page.getByLabel('Amount in euros').fill('40,5');
  await page.getByRole('button', { name: 'Continue' }).click();
  await sendChecked(page, `Withdraw €40.50 from ${customer.account}`);
  await page.getByRole('link', { name: 'Back to your accounts' }).click();
  await expect(available(page, customer.account)).toHaveText('€59.50');
});

test('a transfer reaches another customer, who sees it come in', async ({ page, customer, another }) => {
  const payee = await newCustomer(await another());
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '1 234,50' });
  await page.goto('/pay');
  await page.getByLabel('Payee’s account number').fill(payee.account.toLowerCase());
  await page.getByLabel('Amount in euros').fill('€1.000,25');
  await page.getByLabel('Reference (optional)').fill('Rent for May');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('You have not paid this account lately.')).toBeVisible();
  await expect(page.getByText('This takes more than half of what is available.')).toBeVisible();
  const id = await sendChecked(page, `Send €1,000.25 to ${payee.account}`);
  await expect(page.locator('dl')).toContainText('Rent for May');

  await page.goto('/');
  await expect(available(page, customer.account)).toHaveText('€234.25');
  await expect(row(page, id).locator('.amount')).toHaveText('−€1,000.25');
  const theirs = await payee.context.newPage();
  await theirs.goto('/');
  await expect(available(theirs, payee.account)).toHaveText('€1,000.25');
  await expect(row(theirs, id).locator('.amount')).toHaveText('+€1,000.25');
  await expect(row(theirs, id)).toContainText(customer.account);
});

test('the second transfer to somebody is not called a new payee', async ({ page, customer }) => {
  const second = await openAccount(customer.context);
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '100' });
  await book(customer.context, { kind: 'transfer', account: customer.account, payee: second, amount: '1' });
  await page.goto('/pay');
  await page.getByLabel('From account').selectOption(customer.account);
  await page.getByLabel('Payee’s account number').fill(second);
  await page.getByLabel('Amount in euros').fill('2');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Check before sending');
  await expect(page.getByText('You have not paid this account lately.')).toHaveCount(0);
});

test('on the check page everything can still be changed, and what was typed is kept', async ({ page, customer }) => {
  await page.goto('/pay?type=deposit');
  await page.getByLabel('Amount in euros').fill('7,5');
  await page.getByLabel('Reference (optional)').fill('Piggy bank');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('link', { name: 'Change Amount' }).click();
  await expect(page.getByLabel('Amount in euros')).toHaveValue('7,5');
  await expect(page.getByLabel('Reference (optional)')).toHaveValue('Piggy bank');
  await page.getByLabel('Amount in euros').fill('8,5');
  await page.getByRole('button', { name: 'Continue' }).click();
  await sendChecked(page, `Add €8.50 to ${customer.account}`);
});

test('Back and a second click show the same transaction, booked once', async ({ page, customer }) => {
  await page.goto('/pay?type=deposit');
  await page.getByLabel('Amount in euros').fill('5');
  await page.getByRole('button', { name: 'Continue' }).click();
  const id = await sendChecked(page, `Add €5.00 to ${customer.account}`);
  await page.goBack();
  expect(await sendChecked(page, `Add €5.00 to ${customer.account}`)).toBe(id);
  const rows = await statement(customer.context, customer.account);
  expect(rows.map((booked) => cents(booked.amount))).toEqual([500]);
});
