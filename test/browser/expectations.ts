/** What every page must keep, seen in a real browser: its heading, names for all fields, and room on a small screen. */
import { until } from '../e2e/support/until.ts';
import type { Page } from './playwright.ts';

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Not true: ${what}`);
}

/** Waits for it: whoever presses a key does not know when the next page is there. */
export async function expectHeading(page: Page, heading: string): Promise<void> {
  let seen: string | null = null;
  const hasCome = async () => {
    // Between two pages there is no heading to read.
    seen = await page.textContent('h1').catch(() => null);
    return seen === heading;
  };
  const place = () => `"${seen}" at ${page.url()}`;
  await until(`the page is "${heading}"`, hasCome, { withinMilliseconds: 60_000, seen: place });
}

/** Fields have labels that are seen, what describes them is there, ids are unique, and one heading leads. */
export async function expectAccessible(page: Page): Promise<void> {
  const faults = await page.evaluate<string[]>(`(() => {
    const faults = [];
    for (const field of document.querySelectorAll('input:not([type=hidden]), textarea')) {
      if (!field.labels || field.labels.length === 0) faults.push('no label: ' + field.name);
      const ids = (field.getAttribute('aria-describedby') || '').split(' ').filter(Boolean);
      for (const id of ids) if (!document.getElementById(id)) faults.push('nothing described by ' + id);
    }
    for (const set of document.querySelectorAll('fieldset')) if (!set.querySelector('legend')) faults.push('no legend');
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('twice: ' + id);
    for (const link of document.querySelectorAll('a[href^="#"]'))
      if (!document.querySelector(link.getAttribute('href'))) faults.push('leads nowhere: ' + link.hash);
    if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
    if (document.documentElement.lang !== 'en') faults.push('no language');
    return faults;
  })()`);
  expectThat(faults.length === 0, `the page can be used by everybody: ${faults.join('; ')}`);
}

/** Nothing sticks out to the side. */
export async function expectFits(page: Page): Promise<void> {
  const [needed, there] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expectThat(needed <= there, `the page needs ${needed} pixels and has ${there}`);
}
