// Every page as a picture: three widths, both themes, English, and some in French. Run by `make screenshots`; what
// comes out stands in end2end/results/screenshots. Fails only where a page cannot be shown.
import { expect, test } from './test';
import { visits } from './visits';

const WIDTHS = [390, 1280, 2560];
const FRENCH = new Set(['sign-in', 'home', 'account', 'pay-errors', 'status-refused', 'overview', 'alerts', 'alert-held', 'status-under-review', 'operator', 'imports', 'import-preview', 'import-result']);
const FOLDER = 'results/screenshots';

for (const role of ['stranger', 'customer', 'analyst', 'operator'] as const) {
  test(`the pages of the ${role}`, async ({ page, context }) => {
    test.setTimeout(600_000);
    const url = process.env.VIGIE_URL ?? '';
    const take = async (name: string, path: string, theme: string, language: string) => {
      await context.addCookies([
        { name: 'theme', value: theme, url },
        { name: 'language', value: language, url },
      ]);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 1000 });
        await page.goto(path, { waitUntil: 'networkidle' });
        await expect(page.locator('h1')).toBeVisible();
        await page.screenshot({ path: `${FOLDER}/${name}-${width}-${theme}-${language}.png`, fullPage: true, animations: 'disabled' });
      }
    };
    for (const { name, path } of await visits(context, role)) {
      await take(name, path, 'light', 'en');
      await take(name, path, 'dark', 'en');
      if (FRENCH.has(name)) await take(name, path, 'light', 'fr');
    }
  });
}
