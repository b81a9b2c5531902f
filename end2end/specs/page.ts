// What the specs look for on a page: problems beside their fields, amounts, the parts of the live pages.
import { expect, type Locator, type Page } from '@playwright/test';

export type Language = 'en' | 'fr';

/** A problem stands in the summary above the form, which leads to the field, and beside the field, which names it. */
export async function expectProblem(page: Page, field: string, sentence: string): Promise<void> {
  const summary = page.locator('.error-summary[role=alert]');
  await expect(summary.getByRole('link', { name: sentence, exact: true })).toHaveAttribute('href', `#field-${field}`);
  await expect(page.locator(`#problem-${field}`)).toHaveText(sentence);
  const control = page.locator(`#field-${field}`);
  await expect(control).toHaveAttribute('aria-describedby', new RegExp(`(^| )problem-${field}( |$)`, 'u'));
  await expect(control).toHaveAccessibleDescription(new RegExp(`^${escape(sentence)}`, 'u'));
}

export async function expectNoProblem(page: Page): Promise<void> {
  await expect(page.locator('.error-summary, .problem')).toHaveCount(0);
}

export function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
}

/** Changes the language by its button and waits for the page in it. */
export async function switchTo(page: Page, language: Language): Promise<void> {
  await page.getByRole('button', { name: language === 'fr' ? 'Français' : 'English' }).first().click();
  await expect(page.locator('html')).toHaveAttribute('lang', language);
}

/** Waits until the page follows: its islands are attached and the socket has said something. */
export async function untilLive(page: Page): Promise<void> {
  await expect(page.locator('.live-chip[data-live]')).toHaveAttribute('data-state', 'live');
}

/** The large figure of an account, on the customer's home or on the account's own page. */
export function available(page: Page, account?: string): Locator {
  const within = account === undefined ? page.locator('main') : page.locator('.account-card', { hasText: account });
  return within.locator('.standing-main .amount');
}

export function row(page: Page, id: string): Locator {
  return page.locator(`tr[data-id="${id}"]`);
}

/**
 * Notes every row of transactions that the page shows from now on, so that one which a busy bank pushes off the page is
 * known too. Answers what a row said last.
 */
export async function rowsShown(page: Page): Promise<(id: string) => Promise<string>> {
  await page.evaluate(() => {
    const shown: Record<string, string> = {};
    const look = () => {
      for (const row of document.querySelectorAll<HTMLElement>('tr[data-id]')) shown[row.dataset.id ?? ''] = row.innerText.replaceAll(/\s+/gu, ' ');
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
    Object.assign(window, { shown });
  });
  return (id) => page.evaluate((id) => (window as unknown as { shown: Record<string, string> }).shown[id] ?? '', id);
}
