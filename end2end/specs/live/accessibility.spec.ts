// Every page by axe, WCAG 2.2 AA with best practices and target size: at 1280 in both themes, and at 390 in French.
import AxeBuilder from '@axe-core/playwright';
import { visits } from '../visits';
import { expect, test } from '../test';
import type { Page } from '@playwright/test';

const EVERYTHING = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** All that a theme can change. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

async function violations(page: Page, all: boolean): Promise<string[]> {
  // What passes is not described, and no second page is opened to gather the findings of frames: there are none.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'], rules: all ? { 'target-size': { enabled: true } } : {} });
  const found = await (all ? axe.withTags(EVERYTHING) : axe.withRules(COLOURS)).analyze();
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

// Half faded in, everything lacks contrast.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

const LOOKS = [
  { name: 'light and dark', width: 1280, language: 'en', themes: ['light', 'dark'] as const },
  { name: 'French on a phone', width: 390, language: 'fr', themes: ['light'] as const },
];

for (const look of LOOKS) {
  for (const role of ['stranger', 'customer', 'analyst', 'operator'] as const) {
    test(`no page of the ${role} has a violation, ${look.name}`, async ({ page, context }) => {
      test.setTimeout(240_000);
      await page.setViewportSize({ width: look.width, height: 900 });
      const addresses = await visits(context, role);
      await context.addCookies([{ name: 'language', value: look.language, url: process.env.VIGIE_URL ?? '' }]);
      const found: string[] = [];
      for (const { name, path } of addresses) {
        await page.emulateMedia({ colorScheme: 'light' });
        await page.goto(path);
        await expect(page.locator('h1')).toBeVisible();
        for (const theme of look.themes) {
          await page.emulateMedia({ colorScheme: theme });
          found.push(...(await violations(page, theme === 'light')).map((violation) => `${name}, ${theme}: ${violation}`));
        }
      }
      expect(found).toEqual([]);
    });
  }
}
