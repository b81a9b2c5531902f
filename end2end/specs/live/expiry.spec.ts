// A held transfer that nobody decides ends by itself, as the policy it was held under says.
// The policy is the whole bank's, and specs run side by side: it is changed for some seconds only, and to the shortest
// time there may be, a minute. A hold that another spec makes meanwhile outlives that spec, which has a minute itself.
import { writeFile } from 'node:fs/promises';
import { type Customer, newCustomer, statement, vigie } from '../bank';
import { available, row, untilLive } from '../page';
import { analystOn, BEFORE, giveHabit, LEFT, sendRisky } from '../risk';
import { expect, test } from '../test';

const MINUTE_MS = 60_000;
/** When the time is over the workers ask within a second; the rest is for a machine under load. */
const ENDED = { timeout: MINUTE_MS + 30_000 };

type Policy = Record<string, unknown>;

async function policyInForce(): Promise<Policy> {
  return JSON.parse(await vigie(['policy', 'show'])) as Policy;
}

async function makePolicy(policy: Policy, reason: string): Promise<void> {
  const file = test.info().outputPath('policy.json');
  await writeFile(file, JSON.stringify(policy));
  expect(await vigie(['policy', 'change', file, '--reason', reason])).toContain('is in force');
}

test('when the time is over the policy’s answer happens on every open page: given back, or released', async ({ context, customer, another }) => {
  test.setTimeout(4 * MINUTE_MS);
  const other = await newCustomer(await another());
  const payee = await newCustomer(await another());
  for (const { account } of [customer, other]) await giveHabit(account);

  const before = await policyInForce();
  let returned = '';
  let released = '';
  try {
    await makePolicy({ ...before, hold_timeout_ms: MINUTE_MS, hold_expiry: 'refuse' }, 'holds of a minute, then given back');
    returned = await sendRisky(customer, payee);
    await makePolicy({ ...before, hold_timeout_ms: MINUTE_MS, hold_expiry: 'release' }, 'holds of a minute, then released');
    released = await sendRisky(other, payee);
  } finally {
    await makePolicy(before, 'as before');
  }

  const desk = await analystOn(await another());
  const [list, alert] = [await desk.newPage(), await desk.newPage()];
  await list.goto('/alerts');
  await alert.goto(`/alerts/${returned}`);
  const open = async ({ context, account }: Customer, id: string) => {
    const [home, detail] = [await context.newPage(), await context.newPage()];
    await home.goto('/');
    await detail.goto(`/transactions/${id}`);
    for (const page of [home, detail]) await untilLive(page);
    await expect(available(home, account)).toHaveText(LEFT);
    await expect(row(home, id)).toContainText('Under review');
    await expect(detail.locator('.timeline')).toContainText('Under review');
    return { home, detail };
  };
  const mine = await open({ ...customer, context }, returned);
  const theirs = await open(other, released);
  for (const page of [list, alert]) await untilLive(page);
  for (const id of [returned, released]) await expect(row(list, id)).toContainText('Under review');
  await expect(alert.getByRole('button', { name: /^Release/u })).toBeVisible();

  await expect(mine.detail.locator('.timeline')).toContainText('The bank did not approve it.', ENDED);
  await expect(mine.detail.locator('.timeline')).toContainText('available again');
  await expect(available(mine.home, customer.account)).toHaveText(BEFORE);
  await expect(row(mine.home, returned)).toContainText('Refused');
  await expect(row(list, returned)).toContainText('Expired');
  await expect(alert.getByText('Nobody decided in time; the money was given back.')).toBeVisible();
  await expect(alert.getByRole('button', { name: /^(Release|Refuse)/u })).toHaveCount(0);

  await expect(theirs.detail.locator('.timeline')).toContainText('Posted', ENDED);
  await expect(row(theirs.home, released)).toContainText('Posted');
  await expect(available(theirs.home, other.account)).toHaveText(LEFT);
  await expect(row(list, released)).toContainText('Posted');
  expect((await statement(payee.context, payee.account)).map(({ amount }) => amount)).toEqual(['450.00']);
});
