/**
 * A browser, as far as the setup page needs one: it keeps cookies, follows no redirect by itself, and reads forms. The
 * operator's command beside it prints the link.
 */
import { runCommand } from '../../../lib/cli/run-command.ts';
import { setup } from '../../../lib/cli/setup/setup.ts';
import type { Laptop } from '../../../lib/local/laptop.ts';
import config from '../../../mayfly.config.ts';
import { recordingIo } from '../../cli/support.ts';

/** Of `npm run browser` too, which not every run of the tests starts. */
export const wrongKeyFault = /^This is not a key of App 99 \(GitHub answered 401/;

export interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** The hidden fields of its form. */
  readonly hidden: Readonly<Record<string, string>>;
  /** Where its form goes. */
  readonly action: string;
}

export interface Browser {
  get(address: string): Promise<Page>;
  post(address: string, fields: Readonly<Record<string, string>>): Promise<Page>;
  /** Another browser that has the same cookies: a second tab. */
  tab(): Browser;
}

export function createBrowser(origin: string, cookies = new Map<string, string>()): Browser {
  const go = async (address: string, init: RequestInit = {}): Promise<Page> => {
    const url = new URL(address, origin);
    const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = jar && url.origin === new URL(origin).origin ? { cookie: jar } : {};
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return pageOf(response, await response.text());
  };
  return {
    get: (address) => go(address),
    post: (address, fields) => go(address, { method: 'POST', body: new URLSearchParams(fields) }),
    tab: () => createBrowser(origin, new Map(cookies)),
  };
}

const plain = (text: string) => text.replace(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));

function pageOf({ status, headers }: Response, text: string): Page {
  const hidden = [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  return {
    status,
    headers,
    text,
    hidden: Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, plain(value)])),
    action: plain(/<form method="post" action="([^"]+)"/.exec(text)?.[1] ?? ''),
  };
}

/** `npx mayfly setup …`, as the operator of this laptop. */
export async function runSetup(laptop: Laptop, ...args: readonly string[]) {
  const { io, printed } = recordingIo();
  const environment = {
    AWS_ENDPOINT_URL: laptop.endpointUrl,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const status = await runCommand([setup], ['setup', ...args], { config, io, environment });
  const { out, error } = printed();
  return { status, out, error, link: /http\S+\?key=\S+/.exec(out)?.[0] ?? '' };
}

/** Opens the operator's link in a browser of its own. */
export async function openPage(laptop: Laptop, ...options: readonly string[]): Promise<Browser> {
  const { link, error } = await runSetup(laptop, '--page', ...options);
  if (!link) throw new Error(`mayfly setup --page printed no link: ${error}`);
  const browser = createBrowser(laptop.setupUrl);
  await browser.get(link);
  return browser;
}

export const goodChoice = {
  owner: 'organization',
  organization: 'acme',
  level: 'organization',
  name: 'my runners',
};

/** Chooses, reviews, and lets GitHub make the App. @returns the address that GitHub sends the browser back to */
export async function createOnGitHub(
  browser: Browser,
  choice: Readonly<Record<string, string>> = goodChoice,
) {
  const { hidden } = await browser.get('/');
  const reviewed = await browser.post('/review', { ...hidden, ...choice });
  const answer = await browser.post(reviewed.action, { manifest: reviewed.hidden['manifest'] ?? '' });
  return { reviewed, back: answer.headers.get('location') ?? '' };
}
