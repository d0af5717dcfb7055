/**
 * `npm run browser`: the setup page in a real browser, against the laptop platform and its GitHub. It prints a line a
 * story and exits 1 if one is not as told, 2 if something that it needs is missing. `--pictures FOLDER` keeps what was seen.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLaptop } from '../../lib/local/laptop.ts';
import { openBrowser, type Page, type RealBrowser } from './playwright.ts';
import { stories } from './setup-page.ts';

const { values } = parseArgs({ options: { pictures: { type: 'string' } } });

const browser = await openBrowser().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
  return undefined;
});
if (browser) await run(browser).finally(() => browser.close());

async function run(opened: RealBrowser): Promise<void> {
  const laptop = await startLaptop({ withoutApp: true });
  try {
    const page = await opened.context.newPage();
    const trouble = watch(page, [laptop.setupUrl, laptop.github.url]);
    const stage = { laptop, browser: opened, page, picture: (name: string) => picture(page, name) };
    for (const [title, tell] of stories) {
      await opened.context.clearCookies();
      const failure = await tell(stage).then(
        () => trouble.splice(0).join('; '),
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (failure) {
        process.exitCode = 1;
        await picture(page, 'failed');
      }
      process.stdout.write(failure ? `✗ ${title}\n    ${failure}\n` : `✓ ${title}\n`);
    }
  } finally {
    await laptop.close();
  }
}

/** What a page must not do: fail, be stopped by its own policy, or ask anybody else for anything. */
function watch(page: Page, allowed: readonly string[]): string[] {
  const trouble: string[] = [];
  page.on('pageerror', ({ message }) => trouble.push(`an error on the page: ${message}`));
  page.on('console', (line) => {
    const text = line.text?.() ?? '';
    if (/Content Security Policy/i.test(text)) trouble.push(`stopped by the policy: ${text}`);
  });
  page.on('request', (request) => {
    const url = request.url?.() ?? '';
    if (!allowed.some((origin) => url.startsWith(origin))) trouble.push(`a request to ${url}`);
  });
  return trouble;
}

async function picture(page: Page, name: string): Promise<void> {
  if (values.pictures === undefined) return;
  mkdirSync(values.pictures, { recursive: true });
  await page.screenshot({ path: join(values.pictures, `${name}.png`), fullPage: true });
}
