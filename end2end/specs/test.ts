// The `test` that every spec imports. Promises: a violation of the content policy or an error in a page's scripts fails
// the test that met it, in whichever browser context. Deliberately absent: fixed waits.
import { type BrowserContext, expect, test as base } from '@playwright/test';
import { type Customer, newCustomer, newPerson, type Person, signIn } from './bank';

export { expect };

/** What the pages of a context complain of, as it comes in. */
export function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on('weberror', (error) => {
    const { message } = error.error();
    // The browser's own word, also where no script runs: the page was there before its fade could begin.
    if (message === 'Transition was aborted because of invalid state. Page already revealed') return;
    complaints.push(`script error: ${message}`);
  });
  context.on('console', (message) => {
    if (/content security policy/iu.test(message.text())) complaints.push(`content policy: ${message.text()}`);
    if (/panicked at/u.test(message.text())) complaints.push(`panic: ${message.text()}`);
  });
  return complaints;
}

interface Fixtures {
  strict: void;
  /** Another browser: own cookies, same settings, watched like the test's own. */
  another: () => Promise<BrowserContext>;
  /** A customer made for this test, with one empty account in euros, signed in on the test's own page. */
  customer: Customer;
  /** An analyst made for this test, signed in on the test's own page. */
  analyst: Person;
}

/** An address of a test's own: wrong passwords are counted by it, and must not slow other tests down. */
function newAddress(): string {
  const part = () => Math.floor(Math.random() * 0xffff).toString(16);
  return `2001:db8::${part()}:${part()}:${part()}:${part()}`;
}

export const test = base.extend<Fixtures>({
  extraHTTPHeaders: async ({}, use) => {
    await use({ 'x-forwarded-for': newAddress() });
  },

  strict: [
    async ({ context }, use) => {
      const complaints = complaintsOf(context);
      await use();
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],

  another: async ({ browser }, use) => {
    const opened: { context: BrowserContext; complaints: string[] }[] = [];
    await use(async () => {
      const context = await browser.newContext();
      opened.push({ context, complaints: complaintsOf(context) });
      return context;
    });
    for (const { context, complaints } of opened) {
      await context.close();
      expect(complaints).toEqual([]);
    }
  },

  customer: async ({ context }, use) => {
    await use(await newCustomer(context));
  },

  analyst: async ({ context }, use) => {
    const analyst = await newPerson('analyst');
    await signIn(context, analyst);
    await use(analyst);
  },
});
