// How the browser's tests run. dev/e2e starts vigie and sets VIGIE_URL; the browser is the distribution's Chromium.
// Promises: every spec runs twice, with JavaScript and without, save what is about JavaScript itself (live/); none is
// retried, so a flaky test is a failing test. Pages move in live/ only: elsewhere the browser asks for reduced motion,
// since drawing the fade between two pages took a quarter of all the time.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// The shell is the same Chromium without its windows, and takes half the time.
const chromium = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const use = {
  baseURL: process.env.VIGIE_URL ?? 'http://127.0.0.1:3000',
  browserName: 'chromium' as const,
  locale: 'en-GB',
  timezoneId: 'Europe/Paris',
  screenshot: 'only-on-failure' as const,
  // Tracing every test costs a third of its time: only who looks for a fault asks for it.
  trace: process.env.VIGIE_TRACE ? ('retain-on-failure' as const) : ('off' as const),
  launchOptions: { executablePath: chromium, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] },
};
const still = { ...use, contextOptions: { reducedMotion: 'reduce' as const } };
const screenshots = 'screenshots.spec.ts';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'results/runs',
  fullyParallel: true,
  // Two more than cores: most of a spec is waiting for a page, and some wait for a minute to pass.
  workers: 4,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  projects: [
    { name: 'live', testMatch: 'live/*.spec.ts', use: { ...use, javaScriptEnabled: true } },
    { name: 'with-javascript', testIgnore: [screenshots, 'live/**'], use: { ...still, javaScriptEnabled: true } },
    { name: 'without-javascript', testIgnore: [screenshots, 'live/**'], use: { ...still, javaScriptEnabled: false } },
    { name: 'screenshots', testMatch: screenshots, use: { ...use, javaScriptEnabled: true } },
  ],
});
