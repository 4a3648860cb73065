import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const { TEST_CHROMIUM: given } = process.env;

/** The browser of the system: `TEST_CHROMIUM`, or where systems have it. Without one, or with an empty name, the tests that need it are skipped. */
export const executablePath = given === '' ? undefined : (given ?? PLACES.find((path) => existsSync(path)));

/** Starts it, headless. */
export async function startBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('there is no browser');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Logs in as the demo account of the sample. */
export async function logIn(page: Page, password = 'alice'): Promise<void> {
  await page.getByLabel('Username').fill('alice');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Agrees to what the consent page asks. */
export async function consent(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Allow' }).click();
}
