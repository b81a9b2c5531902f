// Every page of the product, by role, with something to see on it. For the specs that look at all of them.
import { type BrowserContext, expect } from '@playwright/test';
import { address, book, locationOf, newCustomer, newId, openAccount, post, send } from './bank';
import { makeRiskyTransfer } from './risk';

export type Visitor = 'stranger' | 'customer' | 'analyst' | 'operator';

export interface Visit {
  /** Fit for a file name. */
  name: string;
  path: string;
}

/** The pages of a visitor, who is then signed in there: people of the demo bank, with a year of history. */
export async function visits(context: BrowserContext, visitor: Visitor): Promise<Visit[]> {
  switch (visitor) {
    case 'stranger':
      return stranger(context);
    case 'customer':
      return customer(context);
    case 'analyst':
      return analyst(context);
    case 'operator':
      return operator(context);
  }
}

async function demo(context: BrowserContext, username: string): Promise<void> {
  locationOf(await post(context.request, 'sign_in_demo', { username, next: '/' }));
}

async function stranger(context: BrowserContext): Promise<Visit[]> {
  const wrong = locationOf(await post(context.request, 'sign_in', { username: 'nobody-here', password: 'a wrong sentence', next: '' }));
  return [
    { name: 'sign-in', path: '/sign-in' },
    { name: 'sign-in-wrong', path: wrong },
    { name: 'sign-in-signed-out', path: '/sign-in?out=1' },
    { name: 'not-found-stranger', path: '/nothing-here' },
  ];
}

async function customer(context: BrowserContext): Promise<Visit[]> {
  await demo(context, 'bruno');
  const account = 'C1002';
  // A new account: one that many visits share looks like a stolen one by and by.
  const payments = await paymentPages(context, await openAccount(context));
  const reviewed = await underReview(context);
  const password = locationOf(await post(context.request, 'change_password', { current: '', new: 'short' }));
  const empty = await openAccount(context, 'CZK');
  return [
    { name: 'home', path: '/' },
    { name: 'account', path: `/accounts/${account}` },
    { name: 'account-empty', path: `/accounts/${empty}?opened=1` },
    { name: 'account-no-such-days', path: `/accounts/${account}?from=1999-01-01&to=1999-01-31` },
    { name: 'open-account', path: '/accounts/new' },
    ...payments,
    { name: 'status-under-review', path: `/transactions/${reviewed}` },
    { name: 'activity', path: '/explore' },
    { name: 'activity-filtered', path: '/explore?state=refused' },
    { name: 'profile', path: '/settings/profile' },
    { name: 'profile-errors', path: password },
    { name: 'not-found', path: '/nothing-here' },
    { name: 'forbidden', path: '/overview' },
  ];
}

/** A transfer of this customer that waits for somebody at the bank. */
async function underReview(context: BrowserContext): Promise<string> {
  const account = await openAccount(context);
  const elsewhere = await context.browser()?.newContext();
  if (!elsewhere) throw new Error('no browser');
  const { id } = await makeRiskyTransfer({ username: 'bruno', password: '', name: 'Bruno', context, account }, elsewhere);
  await elsewhere.close();
  return id;
}

/** The payment form in its kinds and with its problems, the check, and the page of each outcome. */
async function paymentPages(context: BrowserContext, account: string): Promise<Visit[]> {
  await book(context, { kind: 'deposit', account, amount: '2 310,40', reference: 'Opening' });
  const posted = await book(context, { kind: 'withdrawal', account, amount: '12,34' });
  const refused = newId();
  await send(context, { id: refused, kind: 'withdrawal', account, amount: '1 000 000' });
  const typed = { transaction_id: newId(), kind: 'transfer', account, reference: 'Holidays' };
  const bad = locationOf(await post(context.request, 'check_transaction', { ...typed, payee: account, amount: '1,234' }));
  const check = locationOf(await post(context.request, 'check_transaction', { ...typed, payee: 'C1001', amount: '1 500' }));
  return [
    { name: 'pay-transfer', path: '/pay' },
    { name: 'pay-deposit', path: '/pay?type=deposit' },
    { name: 'pay-withdrawal', path: '/pay?type=withdrawal' },
    { name: 'pay-errors', path: bad },
    { name: 'pay-check', path: check },
    { name: 'status-posted', path: `/transactions/${posted}` },
    { name: 'status-refused', path: `/transactions/${refused}` },
    { name: 'status-conflict', path: `/transactions/${posted}?conflict=1` },
    { name: 'status-unknown', path: `/transactions/${newId()}` },
  ];
}

async function analyst(context: BrowserContext): Promise<Visit[]> {
  const [held, refused] = await alerted(context);
  await demo(context, 'analyst');
  locationOf(await post(context.request, 'refuse-hold', { transaction_id: refused }));
  return [
    { name: 'alerts', path: '/alerts' },
    { name: 'alerts-empty', path: '/alerts?state=closed&verdict=refuse&after=c.0.00000000-0000-7000-8000-000000000000' },
    { name: 'alert-held', path: `/alerts/${held}` },
    { name: 'alert-refused', path: `/alerts/${refused}?answer=refused` },
    { name: 'overview', path: '/overview' },
    { name: 'explore', path: '/explore' },
    { name: 'explore-empty', path: '/explore?account=C1001&from=1999-01-01&to=1999-01-31' },
    { name: 'explore-bad-account', path: '/explore?account=%21' },
    { name: 'account-analyst', path: '/accounts/C1001' },
    { name: 'operator-analyst', path: '/operator' },
    { name: 'forbidden-analyst', path: '/pay' },
  ];
}

/** Two transfers that are held, of customers made for it. */
async function alerted(context: BrowserContext): Promise<string[]> {
  const browser = context.browser();
  const ids = [];
  for (let count = 0; count < 2; count += 1) {
    const [payer, payee] = [await browser?.newContext(), await browser?.newContext()];
    if (!payer || !payee) throw new Error('no browser');
    ids.push((await makeRiskyTransfer(await newCustomer(payer), payee)).id);
    await Promise.all([payer.close(), payee.close()]);
  }
  return ids;
}

async function operator(context: BrowserContext): Promise<Visit[]> {
  await demo(context, 'operator');
  const header = 'transaction_date;account;transaction_value;balance';
  const lines = ['16/03/2024;T100;1000,00;1000', '99/99/2024;T100;10,00;0', '17/03/2024;T100;-250,50;749,5', '18/03/2024;T100;ten;0'];
  const unclear = await uploaded(context, 'unclear.csv', ['when,who,how much', '03/04/2024,T101,12.50']);
  const preview = await uploaded(context, 'march.csv', [header, ...lines]);
  const result = await uploaded(context, 'april.csv', [header, ...lines, '19/03/2024;T100;12,00;761,5']);
  await imported(context, result);
  return [
    { name: 'operator', path: '/operator' },
    { name: 'dead-letter', path: await firstLink(context, '/operator', /\/operator\/dead-letters\/\d+\/\d+/u) },
    { name: 'imports', path: '/imports' },
    { name: 'import-unclear', path: unclear },
    { name: 'import-preview', path: preview },
    { name: 'import-result', path: result },
    { name: 'profile-operator', path: '/settings/profile' },
  ];
}

async function uploaded(context: BrowserContext, name: string, lines: string[]): Promise<string> {
  const file = { name, mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) };
  const sent = { multipart: { file }, headers: { origin: address }, maxRedirects: 0 };
  return locationOf(await context.request.post(`${address}/do/upload_import`, sent));
}

/** Starts the import as its page offers it, and waits for the end. */
async function imported(context: BrowserContext, path: string): Promise<void> {
  const page = await (await context.request.get(address + path)).text();
  const reading = /name="reading" value="([^"]*)"/u.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  locationOf(await post(context.request, 'start_import', { upload: path.split('/').at(-1) ?? '', reading }));
  await expect.poll(async () => (await context.request.get(address + path)).text(), { timeout: 20_000 }).toContain('Done. ');
}

async function firstLink(context: BrowserContext, path: string, link: RegExp): Promise<string> {
  const page = await (await context.request.get(address + path)).text();
  const found = link.exec(page)?.[0];
  expect(found, `a link like ${String(link)} on ${path}`).toBeDefined();
  return found ?? path;
}
