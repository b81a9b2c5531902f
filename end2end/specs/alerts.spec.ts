// What is risky waits for a person: alerts for analysts, "under review" and the outcome for customers. Without a script
// one looks again; that everything follows by itself is live/alerts.spec.ts.
import { address, newId, post, statement } from './bank';
import { available } from './page';
import { AMOUNT, analystOn, BEFORE, LEFT, makeRiskyTransfer } from './risk';
import { expect, test } from './test';
import type { Page } from '@playwright/test';

const WORDS_THAT_HELP_A_THIEF = /fraud|suspicious|score|rule|alert|risk|fraude|suspect|règle|alerte|risque/iu;

/** The alert of a transaction, reached as an analyst would: from the list. */
async function openAlert(page: Page, id: string): Promise<void> {
  await page.goto('/alerts');
  await page.locator(`tr[data-id="${id}"]`).getByRole('rowheader').getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'Why', exact: true })).toBeVisible();
}

test('a risky transfer is held, read, released once, and booked', async ({ page, customer, another }) => {
  const { id, payee } = await makeRiskyTransfer(customer, await another());
  await page.goto(`/transactions/${id}`);
  await expect(page.locator('.timeline')).toContainText('Under review');
  expect(await page.locator('main').innerText()).not.toMatch(WORDS_THAT_HELP_A_THIEF);
  await page.goto('/');
  await expect(available(page, customer.account)).toHaveText(LEFT);

  const desk = await (await analystOn(await another())).newPage();
  await openAlert(desk, id);
  await expect(desk.locator('.contributions')).toContainText(payee.account);
  await expect(desk.locator('.counterfactual')).toContainText('Would have been allowed');
  await desk.getByText('What was looked at').click();
  await expect(desk.locator('.facts')).toContainText('Available before');
  await desk.getByRole('button', { name: `Release ${AMOUNT}` }).click();
  await expect(desk.getByText('Released: the money has moved.')).toBeVisible();
  await expect(desk.getByRole('button', { name: /^(Release|Refuse)/u })).toHaveCount(0);

  await page.goto(`/transactions/${id}`);
  await expect(page.locator('.timeline')).toContainText('Posted');
  const rows = await statement(payee.context, payee.account);
  expect(rows.map((row) => row.amount)).toEqual(['450.00']);
});

test('what is refused is given back, and nobody is told why', async ({ page, customer, another }) => {
  const { id } = await makeRiskyTransfer(customer, await another());
  const desk = await (await analystOn(await another())).newPage();
  await openAlert(desk, id);
  await desk.getByRole('button', { name: `Refuse and give back ${AMOUNT}` }).click();
  await expect(desk.getByText('Refused: the money was given back.')).toBeVisible();

  await page.goto('/');
  await expect(available(page, customer.account)).toHaveText(BEFORE);
  await page.goto(`/transactions/${id}`);
  await expect(page.locator('.timeline')).toContainText('The bank did not approve it.');
  await expect(page.locator('.timeline')).toContainText('available again');
  expect(await page.locator('main').innerText()).not.toMatch(WORDS_THAT_HELP_A_THIEF);

  await desk.getByRole('button', { name: 'Fraud', exact: true }).click();
  await expect(desk.getByText('Your answer is recorded.')).toBeVisible();
  await expect(desk.getByText('Said to be: Fraud (by an analyst)')).toBeVisible();
});

test('of two analysts one decides and the other is told', async ({ customer, another }) => {
  const { id } = await makeRiskyTransfer(customer, await another());
  const first = await analystOn(await another());
  const second = await (await analystOn(await another())).newPage();
  // Both pages were open before either decided: the second one's form is as good as the first one's.
  await openAlert(second, id);
  const won = await post(first.request, 'release-hold', { transaction_id: id });
  expect(won.headers().location).toBe(`/alerts/${id}?answer=released`);
  const late = await post(second.context().request, 'refuse-hold', { transaction_id: id });
  expect(late.headers().location).toBe(`/alerts/${id}?answer=already-released`);
  await second.goto(late.headers().location ?? '');
  await expect(second.getByText('Somebody else had decided already: it was released.')).toBeVisible();
});

test('alerts are not for customers', async ({ page, customer }) => {
  for (const path of ['/alerts', `/alerts/${newId()}`]) {
    expect((await page.goto(path))?.status(), path).toBe(403);
  }
  for (const action of ['release-hold', 'refuse-hold', 'label-transaction']) {
    const answer = await post(customer.context.request, action, { transaction_id: newId(), label: 'genuine' });
    expect(answer.status(), action).toBe(403);
  }
  expect((await customer.context.request.get(`${address}/alerts/open`)).status()).toBe(403);
});
