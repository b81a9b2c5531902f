// What is refused, and how it is said: beside the field, in both languages, with everything typed still there.
import { book, newId, openAccount, send, statement } from './bank';
import { expectNoProblem, expectProblem, switchTo } from './page';
import { expect, test } from './test';
import type { Page } from '@playwright/test';

interface Typed {
  payee?: string;
  amount: string;
  reference: string;
}

async function type(page: Page, typed: Typed): Promise<void> {
  if (typed.payee !== undefined) await page.locator('#field-payee').fill(typed.payee);
  await page.locator('#field-amount').fill(typed.amount);
  await page.locator('#field-reference').fill(typed.reference);
}

async function expectTyped(page: Page, typed: Typed): Promise<void> {
  if (typed.payee !== undefined) await expect(page.locator('#field-payee')).toHaveValue(typed.payee);
  await expect(page.locator('#field-amount')).toHaveValue(typed.amount);
  await expect(page.locator('#field-reference')).toHaveValue(typed.reference);
}

/** The same problem in English and then, by the language button, in French; what was typed stands in both. */
async function expectInBothLanguages(page: Page, field: string, en: string, fr: string, typed: Typed): Promise<void> {
  await expectProblem(page, field, en);
  await expect(page).toHaveTitle(/^Error: /u);
  await expectTyped(page, typed);
  await switchTo(page, 'fr');
  await expectProblem(page, field, fr);
  await expect(page).toHaveTitle(/^Erreur : /u);
  await expectTyped(page, typed);
}

const AMOUNTS: [typed: string, en: string, fr: string][] = [
  ['', 'Enter an amount.', 'Saisissez un montant.'],
  ['twelve', 'Enter the amount in figures, for example 12.34.', 'Saisissez le montant en chiffres, par exemple 12,34.'],
  ['1,234', 'This can be read in two ways. Write 1234 or 1.23.', 'Cela peut se lire de deux façons. Écrivez 1234 ou 1,23.'],
  ['13.370', 'This can be read in two ways. Write 1234 or 1.23.', 'Cela peut se lire de deux façons. Écrivez 1234 ou 1,23.'],
  ['1.2345', 'Too many decimals: cents are the smallest unit.', 'Trop de décimales : le centime est la plus petite unité.'],
  ['0', 'The amount must be more than zero.', 'Le montant doit être supérieur à zéro.'],
  ['-5', 'The amount must be more than zero.', 'Le montant doit être supérieur à zéro.'],
  ['20000000000', 'The amount is beyond what one transaction may move.', 'Le montant dépasse ce qu’une opération peut déplacer.'],
];

for (const [amount, en, fr] of AMOUNTS) {
  test(`the amount "${amount}" is not taken, and the field says why`, async ({ page, customer }) => {
    const typed = { payee: 'C100', amount, reference: 'for the roof' };
    await page.goto('/pay');
    await type(page, typed);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expectInBothLanguages(page, 'amount', en, fr, typed);
    await expect(page.locator('#field-amount')).toHaveAttribute('aria-invalid', 'true');
    expect(await statement(customer.context, customer.account)).toEqual([]);
  });
}

test('several problems are all said at once, and the form goes through once they are mended', async ({ page, customer }) => {
  await page.goto('/pay');
  await type(page, { payee: '', amount: 'x', reference: 'y'.repeat(141) });
  await page.getByRole('button', { name: 'Continue' }).click();
  await expectProblem(page, 'payee', 'Enter the payee’s account number.');
  await expectProblem(page, 'amount', 'Enter the amount in figures, for example 12.34.');
  await expectProblem(page, 'reference', 'At most 140 characters.');
  await expect(page.locator('.error-summary')).toBeFocused();
  await type(page, { payee: 'C100', amount: '1', reference: '' });
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('button', { name: 'Send €1.00 to C100' })).toBeVisible();
  expect(await statement(customer.context, customer.account)).toEqual([]);
});

test('a payee that cannot be an account number is named as such', async ({ page, customer }) => {
  void customer;
  const typed = { payee: 'C 100 !', amount: '1', reference: '' };
  await page.goto('/pay');
  await type(page, typed);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expectInBothLanguages(
    page,
    'payee',
    'An account number has letters, digits and hyphens only.',
    'Un numéro de compte ne contient que des lettres, des chiffres et des tirets.',
    typed,
  );
});

test('a transfer to the account it comes from is not taken', async ({ page, customer }) => {
  const typed = { payee: customer.account, amount: '1', reference: 'to myself' };
  await page.goto('/pay');
  await type(page, typed);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expectInBothLanguages(
    page,
    'payee',
    'This is the account the money comes from. Choose another one.',
    'C’est le compte d’où part l’argent. Choisissez-en un autre.',
    typed,
  );
});

test('a transfer to an account that does not exist is refused beside the payee', async ({ page, customer }) => {
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '50' });
  const typed = { payee: 'C999999999999', amount: '10', reference: 'who is this' };
  await page.goto('/pay');
  await type(page, typed);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Send €10.00 to C999999999999' }).click();
  await expectInBothLanguages(
    page,
    'payee',
    'No account has this number. Check it with the payee.',
    'Aucun compte ne porte ce numéro. Vérifiez-le auprès du bénéficiaire.',
    typed,
  );
  expect(await statement(customer.context, customer.account)).toHaveLength(1);
});

test('more than is available is refused beside the amount, and a smaller one then goes through', async ({ page, customer }) => {
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '50' });
  const typed = { amount: '50,01', reference: 'too much' };
  await page.goto('/pay?type=withdrawal');
  await type(page, typed);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: `Withdraw €50.01 from ${customer.account}` }).click();
  await expectInBothLanguages(
    page,
    'amount',
    'Not enough is available on this account. No money has moved.',
    'Le disponible de ce compte ne suffit pas. Aucun argent n’a bougé.',
    typed,
  );
  await switchTo(page, 'en');
  await type(page, { amount: '50', reference: 'all of it' });
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: `Withdraw €50.00 from ${customer.account}` }).click();
  await expect(page).toHaveURL(/\/transactions\//u);
  await expectNoProblem(page);
  const rows = await statement(customer.context, customer.account);
  expect(rows.map((booked) => booked.balance_after)).toEqual(['50.00', '0.00']);
});

test('a transfer into another currency is refused beside the payee', async ({ page, customer }) => {
  const crowns = await openAccount(customer.context, 'CZK');
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '50' });
  const typed = { payee: crowns, amount: '10', reference: '' };
  await page.goto(`/pay?account=${customer.account}`);
  await type(page, typed);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: `Send €10.00 to ${crowns}` }).click();
  await expectInBothLanguages(
    page,
    'payee',
    'This account is in another currency.',
    'Ce compte est dans une autre devise.',
    typed,
  );
});

test('a refused payment has a page that says why', async ({ page, customer }) => {
  const id = newId();
  await send(customer.context, { id, kind: 'withdrawal', account: customer.account, amount: '3' });
  await page.goto(`/transactions/${id}`);
  await expect(page.locator('.timeline')).toContainText('Not enough was available.');
  await expect(page.locator('.timeline')).toContainText('No money has moved.');
  await switchTo(page, 'fr');
  await expect(page.locator('.timeline')).toContainText('Le disponible ne suffisait pas.');
});

test('what was typed before the session ended is there after signing in again', async ({ page, customer }) => {
  await page.goto('/pay?type=deposit');
  await type(page, { amount: '31,5', reference: 'before lunch' });
  await customer.context.clearCookies({ name: 'session' });
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/\/sign-in\?next=/u);
  await page.getByLabel('Username').fill(customer.username);
  await page.getByLabel('Password').fill(customer.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL(/\/pay\?type=deposit&form=/u);
  await expectTyped(page, { amount: '31,5', reference: 'before lunch' });
});
