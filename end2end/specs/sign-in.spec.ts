// Coming in and going out: by password, by one click in the demo, and out here or everywhere.
import { locationOf, newPerson, post, signIn } from './bank';
import { expectProblem, switchTo } from './page';
import { expect, test } from './test';

const WRONG = 'The username or the password is not right.';

test('a customer signs in and comes to their accounts', async ({ page }) => {
  const person = await newPerson();
  await page.goto('/sign-in');
  await page.getByLabel('Username').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('heading', { level: 1, name: 'Your accounts' })).toBeVisible();
});

test('a wrong password and an unknown name are answered alike, and the name is kept', async ({ page }) => {
  const person = await newPerson();
  for (const username of [person.username, `nobody-${person.username}`]) {
    await page.goto('/sign-in');
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill('not their password at all');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expectProblem(page, 'username', WRONG);
    await expect(page.getByLabel('Username')).toHaveValue(username);
    await expect(page.getByLabel('Password')).toHaveValue('');
    await expect(page).toHaveTitle(/^Error: /u);
  }
  await switchTo(page, 'fr');
  await expectProblem(page, 'username', 'L’identifiant ou le mot de passe est incorrect.');
  await expect(page).toHaveTitle(/^Erreur : /u);
});

test('guessing is slowed down: after five wrong passwords of a name the next must wait', async ({ page, context }) => {
  const { username } = await newPerson();
  // Each wait is twice the last one: however slow the machine, one of these comes too early.
  let refusal = '';
  for (let guess = 1; guess <= 15 && refusal === ''; guess += 1) {
    const answer = locationOf(await post(context.request, 'sign_in', { username, password: `guess number ${guess}`, next: '' }));
    if ((await (await context.request.get(answer)).text()).includes('Too many tries')) refusal = answer;
    if (refusal !== '') expect(guess, 'five are free').toBeGreaterThan(5);
  }
  await page.goto(refusal);
  await expect(page.locator('#problem-username')).toHaveText(/^Too many tries\. Wait \d+ seconds, then try again\.$/u);
  await expect(page.getByLabel('Username')).toHaveValue(username);
  // Others are not made to wait.
  await signIn(context, await newPerson());
});

test('signing in leads back to the page that was wanted', async ({ page }) => {
  const person = await newPerson();
  await page.goto('/pay?type=deposit');
  await expect(page).toHaveURL(/\/sign-in\?next=/u);
  await page.getByLabel('Username').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL('/pay?type=deposit');
});

test('signing in never leads to another site', async ({ page }) => {
  const person = await newPerson();
  await page.goto('/sign-in?next=%2F%2Fexample.org%2F');
  await page.getByLabel('Username').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL('/');
});

test('one click signs a demo person in, each role where it starts', async ({ page, context }) => {
  for (const [name, start] of [
    ['Alice Marchand, customer', '/'],
    ['Noor van Dijk, analyst', '/overview'],
    ['Oscar Lemaire, operator', '/operator'],
  ]) {
    await context.clearCookies();
    await page.goto('/sign-in');
    await page.getByRole('button', { name }).click();
    await expect(page).toHaveURL(start);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
});

test('signing out ends this session and no other', async ({ page, customer, another }) => {
  const elsewhere = await another();
  await signIn(elsewhere, customer);
  await page.goto('/');
  await page.locator('details.menu summary').click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL('/sign-in?out=1');
  await expect(page.getByText('You are signed out.')).toBeVisible();
  await page.goto('/');
  await expect(page).toHaveURL('/sign-in');
  const other = await elsewhere.newPage();
  await other.goto('/');
  await expect(other).toHaveURL('/');
});

test('signing out everywhere ends every session', async ({ page, customer, another }) => {
  const elsewhere = await another();
  await signIn(elsewhere, customer);
  await page.goto('/settings/profile');
  await expect(page.getByText('Open sessions: 2')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page).toHaveURL('/sign-in?out=1');
  const other = await elsewhere.newPage();
  await other.goto('/');
  await expect(other).toHaveURL('/sign-in');
});

test('the session cookie is out of reach of scripts and other sites', async ({ customer }) => {
  const cookie = (await customer.context.cookies()).find(({ name }) => name === 'session');
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
});
