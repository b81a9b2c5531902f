// Changing the password: what is wrong stands beside its field, nothing of either is kept, other sessions end.
import { signIn } from './bank';
import { expectProblem, switchTo } from './page';
import { expect, test } from './test';

const CURRENT = 'Current password';
const NEW = 'New password';

test('a password that is too short, missing or not the current one is named beside its field', async ({ page, customer }) => {
  const change = async (current: string, chosen: string) => {
    await page.goto('/settings/profile');
    await page.getByLabel(CURRENT).fill(current);
    await page.getByLabel(NEW).fill(chosen);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await expect(page.getByLabel(CURRENT)).toHaveValue('');
    await expect(page.getByLabel(NEW)).toHaveValue('');
  };
  await change('', 'a long new sentence');
  await expectProblem(page, 'current', 'Enter the current password.');
  await change(customer.password, 'short');
  await expectProblem(page, 'new', 'The new password needs 12 characters at least.');
  await change(customer.password, customer.password);
  await expectProblem(page, 'new', 'The new password is the current one.');
  await change('some other sentence', 'a long new sentence');
  await expectProblem(page, 'current', 'The current password is not right.');
  await switchTo(page, 'fr');
  await expectProblem(page, 'current', 'Le mot de passe actuel est incorrect.');
});

test('a changed password opens the door, the old one does not, and other sessions are over', async ({ page, customer, another }) => {
  const elsewhere = await another();
  await signIn(elsewhere, customer);
  const chosen = 'quite another long sentence';
  await page.goto('/settings/profile');
  await page.getByLabel(CURRENT).fill(customer.password);
  await page.getByLabel(NEW).fill(chosen);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('The password is changed. All other sessions are signed out.')).toBeVisible();
  await expect(page.getByText('Open sessions: 1')).toBeVisible();

  const other = await elsewhere.newPage();
  await other.goto('/');
  await expect(other).toHaveURL('/sign-in');
  await other.getByLabel('Username').fill(customer.username);
  await other.getByLabel('Password').fill(customer.password);
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(other.locator('#problem-username')).toBeVisible();
  await signIn(elsewhere, { ...customer, password: chosen });
});
