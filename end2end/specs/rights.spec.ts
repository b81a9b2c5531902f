// Everything is denied by default: what a role or a person may not see is not there for them.
import { address, book, locationOf, newCustomer, newId, newPerson, post, signIn, vigie } from './bank';
import { expectProblem } from './page';
import { expect, test } from './test';

test('a stranger is sent to sign in from every page', async ({ request }) => {
  for (const path of ['/accounts/C1001', '/pay', '/explore', '/overview', '/operator', '/imports', '/settings/profile', `/transactions/${newId()}`]) {
    const answer = await request.get(address + path, { maxRedirects: 0 });
    expect(locationOf(answer), path).toMatch(/^\/sign-in\?next=/u);
  }
});

test('a customer cannot open another customer’s account, its file or its transactions', async ({ page, customer, another }) => {
  const other = await newCustomer(await another());
  const id = await book(other.context, { kind: 'deposit', account: other.account, amount: '55,55' });
  for (const path of [`/accounts/${other.account}`, '/accounts/C1001', '/accounts/CASH-EUR', '/accounts/NOBODY']) {
    expect((await page.goto(path))?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  }
  expect((await page.goto(`/transactions/${id}`))?.status()).toBe(404);
  await expect(page.locator('main')).not.toContainText('55.55');
  const file = await customer.context.request.get(`${address}/accounts/${other.account}/statement.csv`);
  expect(file.status()).toBe(404);
});

test('a customer cannot pay from another customer’s account', async ({ page, customer, another }) => {
  const other = await newCustomer(await another());
  await book(other.context, { kind: 'deposit', account: other.account, amount: '100' });
  const form = { transaction_id: newId(), kind: 'transfer', account: other.account, payee: customer.account, amount: '1', reference: '' };
  await page.goto(locationOf(await post(customer.context.request, 'submit_transaction', form)));
  await expectProblem(page, 'account', 'Choose one of your accounts.');
  expect((await page.goto(`/transactions/${form.transaction_id}`))?.status()).toBe(404);
});

test('staff pages are not for customers', async ({ page, customer }) => {
  void customer;
  for (const path of ['/overview', '/operator', '/operator/dead-letters/0/0', '/imports', `/imports/${newId()}`]) {
    expect((await page.goto(path))?.status(), path).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not for your role');
  }
});

test('the counter is not for staff, and imports are for operators alone', async ({ page, analyst }) => {
  void analyst;
  for (const path of ['/pay', '/accounts/new', '/imports']) {
    expect((await page.goto(path))?.status(), path).toBe(403);
    await expect(page.getByText('You are signed in as analyst.')).toBeVisible();
  }
});

test('an analyst sees every account and transaction', async ({ page, analyst, another }) => {
  void analyst;
  const customer = await newCustomer(await another());
  const id = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '66,66' });
  await page.goto(`/accounts/${customer.account}`);
  await expect(page.locator('.standing-main .amount')).toHaveText('€66.66');
  await page.goto(`/transactions/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Deposit of €66.66');
});

test('a post that does not come from a page of ours is refused', async ({ customer }) => {
  const form = { transaction_id: newId(), kind: 'deposit', account: customer.account, amount: '1' };
  for (const headers of [{ origin: 'https://elsewhere.example' }, { origin: 'null' }]) {
    const answer = await customer.context.request.post(`${address}/do/submit_transaction`, { form, headers, maxRedirects: 0 });
    expect(answer.status()).toBe(403);
  }
});

test('who is disabled is out at once and cannot come in again', async ({ page, customer }) => {
  await page.goto('/');
  await expect(page).toHaveURL('/');
  // A page that is open and live would go to the door by itself, see live.spec.
  await page.goto('about:blank');
  await vigie(['user', 'disable', customer.username]);
  await page.goto('/settings/profile');
  await expect(page).toHaveURL(/\/sign-in/u);
  await page.getByLabel('Username').fill(customer.username);
  await page.getByLabel('Password').fill(customer.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expectProblem(page, 'username', 'The username or the password is not right.');
  await vigie(['user', 'enable', customer.username]);
  await signIn(customer.context, customer);
});

test('who is linked to an account may use it, until the link is taken away', async ({ page, customer, another }) => {
  const context = await another();
  const partner = await newPerson();
  await signIn(context, partner);
  await vigie(['user', 'link', partner.username, customer.account]);
  await book(context, { kind: 'deposit', account: customer.account, amount: '15' });
  await page.goto('/');
  await expect(page.locator('.standing-main .amount')).toHaveText('€15.00');
  await vigie(['user', 'unlink', partner.username, customer.account]);
  expect((await context.request.get(`${address}/accounts/${customer.account}`)).status()).toBe(404);
});
