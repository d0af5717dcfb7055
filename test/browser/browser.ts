/**
 * `npm run browser`: the setup page in a real browser, against the laptop platform and its GitHub. It prints a line for each
 * story.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../lib/cli/command.ts';
import { createCommandLine, exitStatus, runScript } from '../../lib/cli/command-line.ts';
import { openBrowser, type Page, type RealBrowser } from './playwright.ts';

await runScript(
  createCommandLine({
    name: 'npm run browser --',
    description:
      'Tests the setup page in a real Chromium, which must be installed; MAYFLY_CHROMIUM can name its path.',
  })
    .option('--pictures <folder>', 'keep pictures of the pages in this folder')
    .addHelpText('after', exitStatus('a test failed'))
    .action(async ({ pictures }: { pictures?: string }) => {
      const browser = await openBrowser().catch((error: Error) => {
        throw new UsageError(error.message);
      });
      await run(browser, pictures).finally(() => browser.close());
    }),
);

async function run(opened: RealBrowser, pictures: string | undefined): Promise<void> {
  const { startLaptop } = await import('../../lib/local/laptop.ts');
  const { stories } = await import('./setup-page.ts');
  const picture = (page: Page, name: string) => keepPicture(page, { folder: pictures, name });
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

async function keepPicture(
  page: Page,
  { folder, name }: { readonly folder: string | undefined; readonly name: string },
): Promise<void> {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
