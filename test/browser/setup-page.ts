/** The setup page's stories, told by a real browser. Each begins with what the operator does and ends with what is seen. */
import { createSetupTokens } from '../../lib/adapters/identity/setup-tokens.ts';
import type { SetupClaims } from '../../lib/core/setup-claims.ts';
import type { Laptop } from '../../lib/local/laptop.ts';
import { runSetup, wrongKeyFault } from '../e2e/support/setup-browser.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { expectAccessible, expectFits, expectHeading, expectThat } from './expectations.ts';
import type { Page, RealBrowser } from './playwright.ts';

export interface Stage {
  readonly laptop: Laptop;
  readonly browser: RealBrowser;
  readonly page: Page;
  /** Takes a picture under this name, where pictures are wanted. */
  picture(name: string): Promise<void>;
}

export type Story = readonly [title: string, tell: (stage: Stage) => Promise<void>];

/** In this order: the first one stores the App, the others open the page again. */
export const stories: readonly Story[] = [
  ['creates the App with the keyboard alone, and closes afterwards', createWithKeyboard],
  ['reports a wrong key beside its field, and stores the right one', enterByHand],
  ['reports that GitHub answered too late', answerTooLate],
  ['shows errors beside their fields, and keeps what was entered', showFaults],
  ['fits a phone, in light and dark mode', fitPhone],
];

async function createWithKeyboard({ laptop, page, picture }: Stage) {
  const { link } = await runSetup(laptop, '--page');
  await page.goto(link);
  await expectHeading(page, 'Create the GitHub App');
  expectThat(!page.url().includes('key='), 'the key is out of the address');
  await expectAccessible(page);
  await picture('1-choose');
  await page.focus('#organization');
  for (const letter of 'acme') await page.keyboard.press(letter);
  await page.focus('[name=level][value=organization]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.focus('[name=reruns]');
  await page.keyboard.press('Space');
  await page.focus('button');
  await page.keyboard.press('Enter');
  await expectHeading(page, 'Send it to GitHub');
  const table = (await page.textContent('tbody')) ?? '';
  expectThat(/Actions\s*write/.test(table) && table.includes('Administration'), `the review lists ${table}`);
  await expectAccessible(page);
  await picture('2-review');
  await page.focus('button');
  await page.keyboard.press('Enter');
  await expectHeading(page, 'The App is ready');
  expectThat(!(await page.textContent('body'))?.includes('PRIVATE KEY'), 'no key is shown');
  await picture('3-done');
  await page.reload();
  await expectHeading(page, 'Already set up');
  await picture('4-closed');
}

async function enterByHand({ laptop, page, picture }: Stage) {
  await openAgain(laptop, page);
  await page.click('text=I already have an App');
  await expectHeading(page, 'Use an existing App');
  await expectAccessible(page);
  await page.fill('#appId', '99');
  await page.fill('#privateKey', laptop.github.privateKeyPem);
  await page.click('button');
  const fault = (await page.textContent('#privateKey-fault')) ?? '';
  await expectHeading(page, 'Use an existing App');
  expectThat((await page.getAttribute('#privateKey', 'aria-invalid')) === 'true', 'the field is marked');
  const described = (await page.getAttribute('#privateKey', 'aria-describedby')) ?? '';
  expectThat(described.startsWith('privateKey-fault '), 'the fault is heard with the field');
  expectThat(wrongKeyFault.test(fault), `the fault says ${fault}`);
  await picture('5-wrong-key');
  await page.fill('#appId', String(laptop.github.appId));
  await page.fill('#privateKey', Buffer.from(laptop.github.addPrivateKey()).toString('base64'));
  await page.click('button');
  await expectHeading(page, 'The App is ready');
}

async function answerTooLate({ laptop, browser, page, picture }: Stage) {
  await openAgain(laptop, page);
  const cookie = (await browser.context.cookies()).find(({ name }) => name === 'mayfly-setup')?.value ?? '';
  const claims = JSON.parse(Buffer.from(cookie.split('.')[0] ?? '', 'base64url').toString()) as SetupClaims;
  const value = laptop.secret(laptop.outputs['SetupSecretArn']!);
  const clock = { now: Date.now, sleep: async () => undefined };
  const tokens = createSetupTokens({ secret: createMemorySecret({ value, clock }) });
  const state = await tokens.sign('state', { ...claims, expiresAt: Date.now() - 1 });
  await page.goto(`${laptop.setupUrl}callback?code=anything&state=${state}`);
  await expectHeading(page, 'The half hour for this setup has passed');
  await picture('6-too-late');
}

async function showFaults({ laptop, page, picture }: Stage) {
  await openAgain(laptop, page);
  await page.fill('#organization', 'not a login!');
  await page.fill('#name', '');
  await page.click('button');
  expectThat((await page.textContent('[role=alert]'))?.includes('these') === true, 'a summary is read first');
  expectThat(await page.isVisible('#organization-fault'), 'the organization’s fault is beside it');
  const kept = await page.evaluate<string>('document.querySelector("#organization").value');
  expectThat(kept === 'not a login!', 'what was entered is kept');
  await expectAccessible(page);
  await picture('7-faults');
  await page.check('[name=owner][value=account]');
  expectThat(!(await page.isVisible('#organization')), 'an own account has no organization to enter');
}

async function fitPhone({ laptop, page, picture }: Stage) {
  await page.setViewportSize({ width: 360, height: 740 });
  await openAgain(laptop, page);
  await expectFits(page);
  await picture('8-phone');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture('9-phone-dark');
  await page.fill('#organization', 'acme');
  await page.click('button');
  await expectHeading(page, 'Send it to GitHub');
  await expectFits(page);
  await picture('10-phone-review');
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${laptop.setupUrl}existing`);
  await picture('11-dark-existing');
}

async function openAgain(laptop: Laptop, page: Page) {
  const { link, error } = await runSetup(laptop, '--page', '--replace');
  expectThat(link !== '', `mayfly setup --page --replace printed no link: ${error}`);
  await page.goto(link);
  await expectHeading(page, 'Create the GitHub App');
}
