// The statement of a demo customer's year: days, pages and the file say the same. Nothing is written here.
import { cents, post, address, statement } from './bank';
import { expect, test } from './test';
import type { BrowserContext, Page } from '@playwright/test';

const ACCOUNT = 'C1001';

async function asAlice(context: BrowserContext): Promise<void> {
  expect((await post(context.request, 'sign_in_demo', { username: 'alice', next: '/' })).status()).toBe(303);
}

/** Ids of the booked rows on this page, newest first. */
function ids(page: Page): Promise<string[]> {
  return page.locator('table.statement tbody tr').evaluateAll((rows) => rows.map((tr) => tr.getAttribute('data-id') ?? ''));
}

test('a range of days shows those days and nothing else', async ({ page, context }) => {
  await asAlice(context);
  const all = await statement(context, ACCOUNT);
  const day = (record: Record<string, string>) => record.occurred_at.slice(0, 10);
  const days = all.map(day).sort();
  const [from, to] = [days[Math.floor(days.length / 2)], days[Math.floor(days.length / 2) + 20]];
  const expected = all.filter((record) => day(record) >= from && day(record) <= to);
  await page.goto(`/accounts/${ACCOUNT}`);
  await page.getByLabel('From', { exact: true }).fill(from);
  await page.getByLabel('To', { exact: true }).fill(to);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(`/accounts/${ACCOUNT}?from=${from}&to=${to}`);
  await expect(page.getByLabel('From', { exact: true })).toHaveValue(from);
  await expect(page.locator('table.statement caption')).toContainText(`: ${expected.length}`);
  expect(await ids(page)).toEqual(expected.map((record) => record.transaction_id).reverse());
  expect(await statement(context, ACCOUNT, `?from=${from}&to=${to}`)).toEqual(expected);
});

test('days without transactions say so and lead back to all', async ({ page, context }) => {
  await asAlice(context);
  await page.goto(`/accounts/${ACCOUNT}?from=1999-01-01&to=1999-01-31`);
  await expect(page.getByText('Nothing between these days.')).toBeVisible();
  await page.getByRole('link', { name: 'Show everything' }).click();
  await expect(page.locator('table.statement tbody tr').first()).toBeVisible();
});

test('a date that is none is named beside its field', async ({ page, context }) => {
  await asAlice(context);
  await page.goto(`/accounts/${ACCOUNT}?from=31.03.2026`);
  await expect(page.locator('#problem-from')).toHaveText('Write the date as year-month-day, for example 2026-03-31.');
  await expect(page.locator('#field-from')).toHaveAttribute('aria-describedby', 'problem-from');
});

test('page by page the statement holds every row of the file once, in its order', async ({ page, context }) => {
  await asAlice(context);
  const all = (await statement(context, ACCOUNT)).map((record) => record.transaction_id).reverse();
  await page.goto(`/accounts/${ACCOUNT}`);
  const seen = await ids(page);
  for (const older = page.getByRole('link', { name: 'Older' }); (await older.count()) > 0; ) {
    const before = page.url();
    await older.click();
    await expect(page).not.toHaveURL(before);
    seen.push(...(await ids(page)));
  }
  expect(seen).toEqual(all);
});

test('the balances of the file are an unbroken chain', async ({ context }) => {
  await asAlice(context);
  const all = await statement(context, ACCOUNT);
  expect(all.length).toBeGreaterThan(100);
  let balance = 0;
  for (const record of all) {
    balance += cents(record.amount);
    expect(cents(record.balance_after), record.transaction_id).toBe(balance);
  }
});

test('the statement is offered as a file of its own name', async ({ page, context }) => {
  await asAlice(context);
  await page.goto(`/accounts/${ACCOUNT}`);
  const link = page.getByRole('link', { name: 'CSV' });
  const answer = await context.request.get(address + ((await link.getAttribute('href')) ?? ''));
  expect(answer.headers()['content-type']).toMatch(/^text\/csv/u);
  expect(answer.headers()['content-disposition']).toContain(`statement-${ACCOUNT}.csv`);
});

test('on paper the statement stands without navigation, menus and filters', async ({ page, context }) => {
  await asAlice(context);
  await page.goto(`/accounts/${ACCOUNT}`);
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('table.statement')).toBeVisible();
  for (const part of ['nav.rail', '.top-end', '.filters', 'footer']) await expect(page.locator(part)).toBeHidden();
});
