// Language, theme and density: chosen by a post, kept in a cookie, and the page stays where it was.
import { switchTo } from './page';
import { expect, test } from './test';
import type { Page } from '@playwright/test';

async function choose(page: Page, name: string): Promise<void> {
  await page.locator('details.menu summary').click();
  await page.locator('details.menu').getByRole('button', { name, exact: true }).click();
}

test('the language changes and the page stays, with its address', async ({ page, customer }) => {
  const path = `/pay?type=withdrawal&account=${customer.account}`;
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Withdraw money');
  await switchTo(page, 'fr');
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Retirer de l’argent');
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Vos comptes');
  await expect(page.locator('.standing-main .amount')).toHaveText('0,00 €');
  await switchTo(page, 'en');
  await expect(page).toHaveURL('/');
  await expect(page.locator('.standing-main .amount')).toHaveText('€0.00');
});

test('a browser that asks for French gets French before anything is chosen', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'fr-FR' });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connexion');
  await context.close();
});

test('the theme changes the colours, on the same page and the next', async ({ page, customer }) => {
  void customer;
  const path = '/explore?type=deposit';
  const background = () => page.locator('html').evaluate((html) => getComputedStyle(html).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(path);
  expect(await background()).toBe('rgb(246, 250, 252)');
  await choose(page, 'Dark');
  await expect(page).toHaveURL(path);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await background()).toBe('rgb(9, 18, 24)');
  await page.goto('/');
  expect(await background()).toBe('rgb(9, 18, 24)');
  await choose(page, 'Light');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await background()).toBe('rgb(246, 250, 252)');
  await choose(page, 'Auto');
  await expect(page.locator('html')).not.toHaveAttribute('data-theme', /.*/u);
  expect(await background()).toBe('rgb(9, 18, 24)');
});

test('rows can be compact', async ({ page, customer }) => {
  void customer;
  await page.goto('/settings/profile');
  await choose(page, 'Compact');
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await expect(page).toHaveURL('/settings/profile');
});
