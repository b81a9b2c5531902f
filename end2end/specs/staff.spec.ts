// The pages of the bank's own people: the overview, the machine room, dead letters.
import { address, book, newCustomer, newPerson, signIn } from './bank';
import { row } from './page';
import { expect, test } from './test';
import type { BrowserContext } from '@playwright/test';

async function asOperator(context: BrowserContext): Promise<void> {
  await signIn(context, await newPerson('operator'));
}

test('the overview counts what was booked, and its rows lead to the transactions', async ({ page, analyst, another }) => {
  void analyst;
  const customer = await newCustomer(await another());
  const id = await book(customer.context, { kind: 'deposit', account: customer.account, amount: '5' });
  await page.goto('/overview');
  await expect(page.locator('.tiles')).toContainText('Customer accounts');
  for (const title of ['Transactions by account and type', 'Amounts by account and type, in EUR']) {
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
  }
  await expect(page.locator('main figure')).toHaveCount(4);
  await page.getByRole('link', { name: 'All transactions' }).click();
  await expect(row(page, id)).toBeVisible();
});

test('the overview’s range is in its address and changes its figures', async ({ page, analyst }) => {
  void analyst;
  await page.goto('/overview?window=hour');
  const posted = () => page.locator('.tiles a[href="/explore?state=posted"]').innerText();
  const inAnHour = Number((await posted()).replaceAll(',', ''));
  await page.getByRole('link', { name: 'All time' }).click();
  await expect(page).toHaveURL(/window=all/u);
  await expect(page.getByRole('link', { name: 'All time' })).toHaveAttribute('aria-current', 'true');
  // Each range is counted for all viewers at once, so one may be some seconds older than another.
  await expect(async () => {
    await page.reload();
    expect(Number((await posted()).replaceAll(',', ''))).toBeGreaterThanOrEqual(inAnHour);
  }).toPass();
});

test('the balance of another account is one choice away', async ({ page, analyst }) => {
  void analyst;
  await page.goto('/overview?window=all');
  await page.locator('#field-account').selectOption('C1003');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/account=C1003/u);
  await expect(page.getByRole('heading', { name: 'Balance of C1003' })).toBeVisible();
});

test('figures have no colour and no style of their own, and their table holds the same numbers', async ({ page, analyst }) => {
  void analyst;
  await page.goto('/overview?window=all');
  await expect(page.locator('main figure svg').first()).toBeAttached();
  expect(await page.locator('main figure [style]').count()).toBe(0);
  const drawn = await page.locator('main figure svg').evaluateAll((all) => all.map((svg) => svg.outerHTML).join(''));
  expect(drawn).not.toMatch(/(fill|stroke)="#[0-9a-f]{3,8}"/iu);
  expect(await page.locator('main figure details table tbody tr').count()).toBeGreaterThan(0);
});

test('figures are not for customers, nor for strangers', async ({ customer, playwright }) => {
  for (const name of ['volume', 'heatmap', 'amounts', 'totals', 'balance']) {
    const answer = await customer.context.request.get(`${address}/charts/${name}?window=all&account=C1001`, { maxRedirects: 0 });
    expect([403, 404], name).toContain(answer.status());
  }
  const stranger = await playwright.request.newContext();
  const answer = await stranger.get(`${address}/charts/volume?window=all`, { maxRedirects: 0 });
  expect([303, 401, 403, 404]).toContain(answer.status());
  await stranger.dispose();
});

test('the machine room says how far each partition is, and why a record was set aside', async ({ page, context }) => {
  await asOperator(context);
  await page.goto('/operator');
  const partitions = page.getByRole('table', { name: /^Each partition/u });
  await expect(partitions.locator('tbody tr')).toHaveCount(Number(process.env.VIGIE_PARTITIONS ?? 4));
  await expect(partitions).not.toContainText('Halted');
  const letters = page.getByRole('table', { name: /^Records that could not be decided/u });
  await letters.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/operator\/dead-letters\/\d+\/\d+$/u);
  await expect(page.getByRole('region', { name: 'As text' })).toContainText('no command at all');
  await expect(page.getByRole('region', { name: 'As bytes' })).toContainText('6e 6f 20 63 6f 6d 6d 61 6e 64');
  await page.getByRole('link', { name: 'Back to the machine room' }).click();
  await expect(page).toHaveURL('/operator');
});

test('a dead letter that is not there is not found', async ({ page, context }) => {
  await asOperator(context);
  expect((await page.goto('/operator/dead-letters/0/999999999'))?.status()).toBe(404);
});

test('the figures for machines are for who asks from this machine, and name nobody', async ({ request }) => {
  const figures = await fetch(`${address}/metrics`);
  expect(figures.status).toBe(200);
  const text = await figures.text();
  expect(text).toContain('vigie_');
  expect(text).not.toMatch(/alice|C1001/u);
  expect((await request.get(`${address}/metrics`)).status(), 'from elsewhere').toBe(404);
});
