// What happens is on every open page at once: the customer's own, the payee's, the analyst's.
import { book, newCustomer, newId, newPerson, openAccount, post, send, signIn, vigie, address } from '../bank';
import { available, row, rowsShown, untilLive } from '../page';
import { expect, test } from '../test';
import { Wire } from './frames';

test('an analyst sees A’s transaction and both balances without reloading', async ({ customer, another }) => {
  const payee = await newCustomer(await another());
  await book(customer.context, { kind: 'deposit', account: customer.account, amount: '500' });
  const desk = await another();
  await signIn(desk, await newPerson('analyst'));
  const [list, theirs, others] = [await desk.newPage(), await desk.newPage(), await desk.newPage()];
  await list.goto('/explore');
  await theirs.goto(`/accounts/${customer.account}`);
  await others.goto(`/accounts/${payee.account}`);
  for (const page of [list, theirs, others]) await untilLive(page);
  await expect(available(theirs)).toHaveText('€500.00');
  const shown = await rowsShown(list);

  const form = await customer.context.newPage();
  await form.goto(`/pay?payee=${payee.account}`);
  await form.getByLabel('Amount in euros').fill('123,45');
  await form.getByRole('button', { name: 'Continue' }).click();
  await form.getByRole('button', { name: `Send €123.45 to ${payee.account}` }).click();
  await expect(form).toHaveURL(/\/transactions\//u);
  const id = form.url().split('/').pop() ?? '';

  await expect.poll(() => shown(id)).toContain(`${customer.account} → ${payee.account}`);
  expect(await shown(id)).toMatch(/Posted.*€123\.45/u);
  await expect(available(theirs)).toHaveText('€376.55');
  await expect(available(others)).toHaveText('€123.45');
});

test('a customer’s balance and last transactions follow what happens elsewhere, and the change is said once', async ({ page, customer, another }) => {
  const payer = await newCustomer(await another());
  await book(payer.context, { kind: 'deposit', account: payer.account, amount: '80' });
  await page.goto('/');
  await untilLive(page);
  await expect(available(page, customer.account)).toHaveText('€0.00');
  const id = await book(payer.context, { kind: 'transfer', account: payer.account, payee: customer.account, amount: '30' });
  await expect(available(page, customer.account)).toHaveText('€30.00');
  await expect(row(page, id).locator('.amount')).toHaveText('+€30.00');
  await expect(row(page, id)).toContainText(payer.account);
  await expect(page.locator('#announcer')).toContainText(`Available, ${customer.account} €30.00`);
});

test('rows wait behind a button while the pointer is in the table', async ({ page, customer }) => {
  const first = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '1' });
  await page.goto('/explore');
  await untilLive(page);
  await row(page, first).hover();
  const second = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '2' });
  const third = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '3' });
  await expect(page.getByRole('button', { name: '2 new' })).toBeVisible();
  await expect(row(page, second)).toHaveCount(0);
  await page.getByRole('button', { name: '2 new' }).click();
  await expect(row(page, second)).toBeVisible();
  await expect(row(page, third)).toBeVisible();
  await expect(page.locator('.new-pill')).toHaveCount(0);
});

test('updates can be paused and resumed', async ({ page, customer }) => {
  const wire = new Wire(page);
  await page.goto('/');
  await untilLive(page);
  await page.getByRole('button', { name: 'Pause updates' }).click();
  await expect(page.locator('.live-chip')).toHaveAttribute('data-state', 'paused');
  const id = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '6' });
  await wire.untilTold(id);
  await expect(available(page, customer.account)).toHaveText('€0.00');
  await expect(row(page, id)).toHaveCount(0);
  await page.getByRole('button', { name: 'Resume updates' }).click();
  await expect(available(page, customer.account)).toHaveText('€6.00');
  await expect(row(page, id)).toBeVisible();
});

test('the page of an id that is not known yet shows it once it is looked at again', async ({ page, customer }) => {
  const id = newId();
  await page.goto(`/transactions/${id}`);
  await send(customer.context, { id, kind: 'deposit', account: customer.account, amount: '2' });
  await page.reload();
  await expect(page.locator('.timeline')).toContainText('Posted');
});

test('a page change goes on where the last page stopped: nothing missed, nothing twice', async ({ page, customer }) => {
  const wire = new Wire(page);
  await page.goto('/');
  await untilLive(page);
  const first = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '1' });
  await wire.untilTold(first);
  await page.goto('/explore');
  await untilLive(page);
  const second = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '2' });
  await wire.untilTold(second);
  expect(wire.transactions.map(({ id }) => id)).toEqual([first, second]);
});

test('signing out elsewhere closes the socket within 5 s, and the page leads to the door', async ({ page, customer, another }) => {
  const elsewhere = await another();
  await signIn(elsewhere, customer);
  const opened = page.waitForEvent('websocket');
  await page.goto('/');
  await untilLive(page);
  const closed = (await opened).waitForEvent('close', { timeout: 5_000 });
  expect((await post(elsewhere.request, 'sign_out_everywhere', {})).status()).toBe(303);
  await closed;
  await expect(page).toHaveURL(/\/sign-in/u);
});

test('disabling somebody closes their socket within 5 s', async ({ page, customer }) => {
  const opened = page.waitForEvent('websocket');
  await page.goto('/');
  await untilLive(page);
  const socket = await opened;
  await vigie(['user', 'disable', customer.username]);
  if (!socket.isClosed()) await socket.waitForEvent('close', { timeout: 5_000 });
  await expect(page).toHaveURL(/\/sign-in/u);
});

test('an account opened elsewhere is on the socket without signing in again', async ({ page, customer }) => {
  await page.goto('/explore');
  await untilLive(page);
  const second = await openAccount(customer.context);
  const id = await book(customer.context, { kind: 'deposit', account: second, amount: '3' });
  await expect(row(page, id)).toBeVisible();
});

test('nobody opens a socket without a session or from another site', async ({ page, customer }) => {
  void customer;
  const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  const foreign = await page.request.get(`${address}/live`, { headers: { ...upgrade, origin: 'https://elsewhere.example' } });
  expect(foreign.status()).toBe(403);
  await page.context().clearCookies();
  const stranger = await page.request.get(`${address}/live`, { headers: { ...upgrade, origin: address } });
  expect(stranger.status()).toBe(401);
});
