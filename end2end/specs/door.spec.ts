// What a stranger meets: everything but the door is closed, and the door has the protective headers.
import { complaintsOf, expect, test } from './test';

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
  await expect.poll(async () => (await request.get('/health/ready')).status()).toBe(200);
});

test('what the content policy forbids would be noticed here', async ({ browser }) => {
  const context = await browser.newContext();
  const complaints = complaintsOf(context);
  const page = await context.newPage();
  await page.route('**/sign-in', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/<body[^>]*>/u, '$&<p style="color: red">styled</p>');
    await route.fulfill({ response, body });
  });
  await page.goto('/sign-in');
  await expect(page.getByText('styled')).toBeVisible();
  await expect.poll(() => complaints.length).toBeGreaterThan(0);
  await context.close();
});
