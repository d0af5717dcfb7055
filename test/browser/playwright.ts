/**
 * The browser that the pages are tried in: a Chromium of this machine, driven by playwright-core, which is installed at an
 * exact version into .mayfly/browser at the first use. What is missing is an error that says how to get it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runProgram } from '../conformance/support/run-program.ts';

const version = '1.65.1';
const home = fileURLToPath(new URL('../../.mayfly/browser/', import.meta.url));
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** What of Playwright's pages is used here; https://playwright.dev/docs/api/class-page */
export interface Page {
  goto(url: string): Promise<{ status(): number } | null>;
  url(): string;
  title(): Promise<string>;
  reload(): Promise<unknown>;
  textContent(selector: string): Promise<string | null>;
  getAttribute(selector: string, name: string): Promise<string | null>;
  fill(selector: string, text: string): Promise<void>;
  check(selector: string): Promise<void>;
  focus(selector: string): Promise<void>;
  click(selector: string): Promise<void>;
  isVisible(selector: string): Promise<boolean>;
  evaluate<Value>(script: string): Promise<Value>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(media: { colorScheme: 'light' | 'dark' }): Promise<void>;
  screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
  on(event: 'console' | 'pageerror' | 'request', heard: (what: Heard) => void): void;
  readonly keyboard: { press(key: string): Promise<void> };
}

/** A line of the console, an error, or a request. */
export interface Heard {
  type?(): string;
  text?(): string;
  url?(): string;
  readonly message?: string;
}

interface Context {
  newPage(): Promise<Page>;
  clearCookies(): Promise<void>;
  setDefaultTimeout(milliseconds: number): void;
  cookies(): Promise<{ name: string; value: string }[]>;
  close(): Promise<void>;
}

export interface RealBrowser {
  readonly context: Context;
  close(): Promise<void>;
}

/** @throws Error that says what is missing, and how to get it */
export async function openBrowser(): Promise<RealBrowser> {
  const executablePath = process.env['MAYFLY_CHROMIUM'] ?? places.find((place) => existsSync(place));
  if (!executablePath || !existsSync(executablePath)) {
    throw new Error(
      `There is no browser at ${executablePath ?? places.join(', ')}. On Debian: apt-get install chromium. ` +
        'Elsewhere: MAYFLY_CHROMIUM=/path/to/chromium npm run browser.',
    );
  }
  const { chromium } = await loadPlaywright();
  const profile = mkdtempSync(join(tmpdir(), 'mayfly-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-sync',
    ],
  });
  // A busy machine loads a page many times slower than an idle one.
  context.setDefaultTimeout(120_000);
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

interface Playwright {
  readonly chromium: {
    launchPersistentContext(
      profile: string,
      options: { executablePath: string; args: readonly string[] },
    ): Promise<Context>;
  };
}

async function loadPlaywright(): Promise<Playwright> {
  const entry = join(home, 'node_modules', 'playwright-core', 'index.mjs');
  const mark = join(home, `.installed-${version}`);
  if (!existsSync(mark)) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
    const args = ['install', '--prefix', home, ...flags, `playwright-core@${version}`];
    const { code, error } = await runProgram({ command: 'npm', args, seconds: 120 });
    if (code !== 0) throw new Error(`playwright-core ${version} cannot be installed by npm: ${error.trim()}`);
    writeFileSync(mark, '');
  }
  return (await import(pathToFileURL(entry).href)) as Playwright;
}
