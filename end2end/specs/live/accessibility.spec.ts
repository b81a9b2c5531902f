// Every page by axe, WCAG 2.2 AA with best practices and target size: in both themes at 1280, and at 390 in French.
import AxeBuilder from '@axe-core/playwright';
import { visits } from '../visits';
import { expect, test } from '../test';
import type { Page } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page })
    .options({ rules: { 'target-size': { enabled: true } } })
    .withTags(TAGS)
    .analyze();
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

const LOOKS = [
  { name: 'light', width: 1280, theme: 'light', language: 'en' },
  { name: 'dark', width: 1280, theme: 'dark', language: 'en' },
  { name: 'French on a phone', width: 390, theme: 'light', language: 'fr' },
];

for (const look of LOOKS) {
  for (const role of ['stranger', 'customer', 'analyst', 'operator'] as const) {
    test(`no page of the ${role} has a violation, ${look.name}`, async ({ page, context }) => {
      test.setTimeout(240_000);
      await page.setViewportSize({ width: look.width, height: 900 });
      const addresses = await visits(context, role);
      const url = process.env.VIGIE_URL ?? '';
      await context.addCookies(
        (['theme', 'language'] as const).map((name) => ({ name, value: look[name], url })),
      );
      const found: string[] = [];
      for (const { name, path } of addresses) {
        await page.goto(path);
        await expect(page.locator('h1')).toBeVisible();
        found.push(...(await violations(page)).map((violation) => `${name}: ${violation}`));
      }
      expect(found).toEqual([]);
    });
  }
}
