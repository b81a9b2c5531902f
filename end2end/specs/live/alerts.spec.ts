// A hold is on two people's screens at once: the analyst's list and page, the customer's page and figures.
import { newCustomer, statement } from '../bank';
import { available, row, untilLive } from '../page';
import { AMOUNT, analystOn, BEFORE, giveHabit, LEFT, makeRiskyTransfer } from '../risk';
import { expect, test } from '../test';

test('the analyst sees the alert appear and releases it; both pages change without reloading', async ({ page, customer, another }) => {
  const desk = await analystOn(await another());
  const list = await desk.newPage();
  await list.goto('/alerts');
  await untilLive(list);
  await giveHabit(customer.account);
  await page.goto('/');
  await untilLive(page);
  await expect(available(page, customer.account)).toHaveText(BEFORE);
  const { id, payee } = await makeRiskyTransfer(customer, await another());

  await expect(row(list, id)).toContainText(customer.account);
  await expect(list.locator('.rail .count')).toBeVisible();
  await expect(available(page, customer.account)).toHaveText(LEFT);
  await expect(row(page, id)).toContainText('Under review');

  const alert = await desk.newPage();
  await alert.goto(`/alerts/${id}`);
  await untilLive(alert);
  await expect(alert.locator('.contributions')).toContainText(payee.account);
  await alert.getByRole('button', { name: `Release ${AMOUNT}` }).click();
  await expect(alert.getByText('Released: the money has moved.')).toBeVisible();

  await expect(row(page, id)).toContainText('Posted');
  await expect(available(page, customer.account)).toHaveText(LEFT);
  await expect(row(list, id)).toContainText('Posted');
  expect((await statement(payee.context, payee.account)).map(({ amount }) => amount)).toEqual(['450.00']);
});

test('a refusal by somebody else takes the buttons away, and the customer’s money is available again', async ({ page, customer, another }) => {
  const { id } = await makeRiskyTransfer(customer, await another());
  await page.goto(`/transactions/${id}`);
  await untilLive(page);
  await expect(page.locator('.timeline')).toContainText('Under review');
  const account = await customer.context.newPage();
  await account.goto(`/accounts/${customer.account}`);
  await untilLive(account);
  await expect(available(account)).toHaveText(LEFT);

  const [one, other] = [await (await analystOn(await another())).newPage(), await (await analystOn(await another())).newPage()];
  for (const alert of [one, other]) {
    await alert.goto(`/alerts/${id}`);
    await untilLive(alert);
  }
  await one.getByRole('button', { name: `Refuse and give back ${AMOUNT}` }).click();
  await expect(other.getByRole('button', { name: /^(Release|Refuse)/u })).toHaveCount(0);
  await expect(other.getByRole('heading', { name: 'What was it?' })).toBeVisible();
  await expect(page.locator('.timeline')).toContainText('The bank did not approve it.');
  await expect(available(account)).toHaveText(BEFORE);
});

test('in a list that is read, a new alert waits behind a button', async ({ customer, another }) => {
  const first = await makeRiskyTransfer(customer, await another());
  const list = await (await analystOn(await another())).newPage();
  await list.goto('/alerts');
  await untilLive(list);
  await row(list, first.id).hover();
  const second = await newCustomer(await another());
  const { id } = await makeRiskyTransfer(second, await another());
  await list.getByRole('button', { name: /^\d+ new$/u }).click();
  await expect(row(list, id)).toBeVisible();
});
