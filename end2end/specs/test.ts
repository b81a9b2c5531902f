// The `test` that every spec imports. Promises: a violation of the content policy or an error in the page's scripts
// fails the test that met it. Deliberately absent: fixed waits.
import { expect, test as base } from '@playwright/test';

export { expect };

export const test = base.extend<{ strict: void }>({
  strict: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on('weberror', (error) => complaints.push(`script error: ${error.error().message}`));
      context.on('console', (message) => {
        if (/content security policy/iu.test(message.text())) complaints.push(`content policy: ${message.text()}`);
      });
      await use();
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});
