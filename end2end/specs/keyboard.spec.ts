// Without a pointer: past the frame, through the form, to the money, by keys alone.
import { statement } from './bank';
import { available } from './page';
import { expect, test } from './test';
import type { Locator, Page } from '@playwright/test';

/** Tabs on until that control has the focus; at most as often as a patient person would. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error('not reached by the Tab key');
}

test('somebody pays by keys alone', async ({ page, customer }) => {
  await page.goto('/pay?type=deposit');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByLabel('Amount in euros'));
  await page.keyboard.type('1,234');
  await page.keyboard.press('Enter');
  const problem = page.locator('.error-summary').getByRole('link');
  await tabTo(page, problem);
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Amount in euros')).toBeFocused();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: `Add €1,234.00 to ${customer.account}` }));
  await page.keyboard.press('Enter');
  await expect(page.locator('.timeline')).toContainText('Posted');
  expect(await statement(customer.context, customer.account)).toMatchObject([{ amount: '1234.00' }]);
});

test('Tab follows the order in which the page is read', async ({ page, customer }) => {
  void customer;
  await page.goto('/pay');
  const names: string[] = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => document.activeElement?.getAttribute('name') ?? '');
    if (['account', 'payee', 'amount', 'reference'].includes(name)) names.push(name);
    if (name === 'reference') break;
  }
  expect(names).toEqual(['account', 'payee', 'amount', 'reference']);
});

test('the menu opens by key and its choices are reached', async ({ page, customer }) => {
  await page.goto('/');
  await tabTo(page, page.locator('details.menu summary'));
  await page.keyboard.press('Enter');
  await tabTo(page, page.locator('details.menu').getByRole('button', { name: 'Dark', exact: true }));
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(available(page, customer.account)).toBeVisible();
});
