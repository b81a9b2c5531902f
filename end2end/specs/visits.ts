// Every page of the product, by role, with something to see on it. For the specs that look at all of them.
import type { BrowserContext } from '@playwright/test';
import { book, locationOf, newId, openAccount, post, send } from './bank';

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
  const payments = await paymentPages(context, account);
  const password = locationOf(await post(context.request, 'change_password', { current: '', new: 'short' }));
  const empty = await openAccount(context, 'CZK');
  return [
    { name: 'home', path: '/' },
    { name: 'account', path: `/accounts/${account}` },
    { name: 'account-empty', path: `/accounts/${empty}?opened=1` },
    { name: 'account-no-such-days', path: `/accounts/${account}?from=1999-01-01&to=1999-01-31` },
    { name: 'open-account', path: '/accounts/new' },
    ...payments,
    { name: 'activity', path: '/explore' },
    { name: 'activity-filtered', path: '/explore?state=refused' },
    { name: 'profile', path: '/settings/profile' },
    { name: 'profile-errors', path: password },
    { name: 'not-found', path: '/nothing-here' },
    { name: 'forbidden', path: '/overview' },
  ];
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
  await demo(context, 'analyst');
  return [
    { name: 'overview', path: '/overview' },
    { name: 'explore', path: '/explore' },
    { name: 'explore-empty', path: '/explore?account=C1001&from=1999-01-01&to=1999-01-31' },
    { name: 'explore-bad-account', path: '/explore?account=%21' },
    { name: 'account-analyst', path: '/accounts/C1001' },
    { name: 'operator-analyst', path: '/operator' },
    { name: 'forbidden-analyst', path: '/pay' },
  ];
}

async function operator(context: BrowserContext): Promise<Visit[]> {
  await demo(context, 'operator');
  return [
    { name: 'operator', path: '/operator' },
    { name: 'imports', path: '/imports' },
    { name: 'profile-operator', path: '/settings/profile' },
  ];
}
