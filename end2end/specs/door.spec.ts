// What a stranger meets: everything but the door is closed, and the door has the protective headers.
import { expect, test } from './test';

test('a stranger is led to the sign-in page', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in/u);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('the sign-in page carries a content policy with a nonce and no inline style', async ({ page }) => {
  const response = await page.goto('/sign-in');
  const policy = response?.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'wasm-unsafe-eval'/u);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(await page.locator('[style]').count()).toBe(0);
});

test('health says alive and ready', async ({ request }) => {
  expect((await request.get('/health/live')).status()).toBe(200);
  expect((await request.get('/health/ready')).status()).toBe(200);
});
