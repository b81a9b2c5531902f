// At 320 px, which is 1280 at 400 % zoom, no page scrolls sideways; tables may, within themselves.
import { visits } from './visits';
import { expect, test } from './test';

for (const role of ['stranger', 'customer', 'analyst', 'operator'] as const) {
  test(`no page of the ${role} scrolls sideways at 320 px`, async ({ page, context }) => {
    test.setTimeout(120_000);
    await page.setViewportSize({ width: 320, height: 640 });
    const wide: string[] = [];
    const url = process.env.VIGIE_URL ?? '';
    for (const { name, path } of await visits(context, role)) {
      for (const language of ['en', 'fr']) {
        await context.addCookies([{ name: 'language', value: language, url }]);
        await page.goto(path);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        if (width > 320) wide.push(`${name} in ${language}: ${width} px`);
      }
    }
    expect(wide).toEqual([]);
  });
}
