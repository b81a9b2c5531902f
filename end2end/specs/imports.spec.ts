// Importing a file of history: upload, preview, result; again adds nothing, longer adds only what is new.
import { randomBytes } from 'node:crypto';
import { newPerson, signIn, type Person } from './bank';
import { expect, test as base } from './test';
import type { Page } from '@playwright/test';

const test = base.extend<{ operator: Person }>({
  operator: async ({ context }, use) => {
    const operator = await newPerson('operator');
    await signIn(context, operator);
    await use(operator);
  },
});

test.use({ viewport: { width: 1280, height: 900 } });

/** A file of the student bank's form for an account nobody else has; 15 shows that days come first. */
function studentFile(account: string, lines: number): Buffer {
  const rows = Array.from({ length: lines }, (_, index) => `${15 + index}/03/2024;${account};${index === 1 ? '-250,50' : '1000,00'};0`);
  return Buffer.from(['transaction_date;account;transaction_value;balance', ...rows].join('\n'));
}

function newAccount(): string {
  return `T${randomBytes(4).toString('hex').toUpperCase()}`;
}

async function upload(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.goto('/imports');
  await page.getByLabel('CSV file').setInputFiles({ name, mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'Upload and preview' }).click();
  await expect(page).toHaveURL(/\/imports\/[0-9a-f-]{36}$/u);
}

/** Follows the import to its end: by itself with JavaScript, by the link without. */
async function untilDone(page: Page, sentence: string): Promise<void> {
  await expect(async () => {
    const again = page.getByRole('link', { name: 'Check again' });
    if ((await page.getByText(/^Done\. /u).count()) === 0) await again.click();
    await expect(page.getByText(sentence)).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
}

test('a file is previewed, imported once, and only its new lines the next time', async ({ page, operator }) => {
  void operator;
  const account = newAccount();
  await upload(page, 'march.csv', studentFile(account, 3));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Import of march.csv');
  await expect(page.getByText('Can be taken: 3 transactions of 1 account. Cannot: 0 lines.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'As they would be booked' })).toContainText('−€250.50');
  await page.getByRole('button', { name: 'Import 3 transactions' }).click();
  await untilDone(page, 'Done. Added: 3; already there: 0; refused: 0; lines not readable: 0.');

  await page.goto(`/accounts/${account}`);
  await expect(page.locator('.standing-main .amount')).toHaveText('€1,749.50');
  await expect(page.locator('table.statement')).toContainText('imported');

  await upload(page, 'april.csv', studentFile(account, 5));
  await page.getByRole('button', { name: 'Import 5 transactions' }).click();
  await untilDone(page, 'Done. Added: 2; already there: 3; refused: 0; lines not readable: 0.');
  await page.goto('/imports');
  await expect(page.getByRole('link', { name: 'april.csv' }).first()).toBeVisible();
});

test('bad lines are named with number and reason, good ones can be taken', async ({ page, operator }) => {
  void operator;
  const account = newAccount();
  const lines = ['transaction_date;account;transaction_value;balance', `16/03/2024;${account};10,00;0`, `99/99/2024;${account};10,00;0`, `17/03/2024;${account};ten;0`];
  await upload(page, 'holes.csv', Buffer.from(lines.join('\n')));
  await expect(page.getByText('Can be taken: 1 transaction of 1 account. Cannot: 2 lines.')).toBeVisible();
  const problems = page.getByRole('region', { name: 'Lines with a problem' });
  await expect(problems.getByRole('row', { name: /^3 The date cannot be read/u })).toBeVisible();
  await expect(problems.getByRole('row', { name: /^4 The amount cannot be read/u })).toBeVisible();
});

test('a file whose dates could be read in two ways is asked about before it can start', async ({ page, operator }) => {
  void operator;
  const lines = ['when,who,how much', `03/04/2024,${newAccount()},12.50`];
  await upload(page, 'unclear.csv', Buffer.from(lines.join('\n')));
  await expect(page.getByText('No day in this file is above 12')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Import / })).toHaveCount(0);
  await page.getByLabel('Order of the date').selectOption({ label: 'month, day, year' });
  await page.getByRole('button', { name: 'Update the preview' }).click();
  await expect(page.getByRole('region', { name: 'As they would be booked' })).toContainText(/4\sMar 2024/u);
  await expect(page.getByRole('button', { name: 'Import 1 transaction' })).toBeVisible();
});

test('no file at all is said beside the field', async ({ page, operator }) => {
  void operator;
  await page.goto('/imports');
  await page.getByRole('button', { name: 'Upload and preview' }).click();
  await expect(page.locator('#problem-file')).toHaveText('Choose a file first.');
  await expect(page.locator('#field-file')).toHaveAttribute('aria-describedby', /problem-file/u);
});
