import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type AppClient, givenApp } from '../../../lib/adapters/github/app-client.ts';
import { createAppTokens } from '../../../lib/adapters/github/app-tokens.ts';
import type { Fetch } from '../../../lib/adapters/github/bounded-fetch.ts';
import { createGitHub } from '../../../lib/adapters/github/github.ts';
import { createInstallationTokens } from '../../../lib/adapters/github/installation-tokens.ts';
import { createNewApps } from '../../../lib/adapters/github/new-apps.ts';
import { followRedirects } from '../../../lib/adapters/github/redirects.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { createMemoryClock } from '../../fakes/clock.ts';
import { noon } from '../../support/given.ts';
import { failsAfter, unanswered } from '../../support/virtual-deadlines.ts';

const keyForm = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;

/** Signs tokens that are valid for this long; each token's text is its number. */
function appWhoseTokensLast(minutes: number) {
  let signed = 0;
  const auth = async () => {
    signed += 1;
    return { token: `token ${signed}`, expiresAt: new Date(Date.now() + minutes * 60_000).toISOString() };
  };
  return { octokit: { auth } } as never;
}

describe('tokens of the App', () => {
  it('are signed once for simultaneous calls, and for those that follow', async () => {
    const tokens = createAppTokens(appWhoseTokensLast(9.5));
    const first = { token: 'token 1', isNew: true };
    expect(await Promise.all([tokens.current(), tokens.current()])).toEqual([first, first]);
    expect(await tokens.current()).toEqual({ token: 'token 1', isNew: false });
  });

  it('are signed again when less than five minutes are left', async () => {
    const tokens = createAppTokens(appWhoseTokensLast(4.9));
    await tokens.current();
    expect(await tokens.current()).toEqual({ token: 'token 2', isNew: true });
  });

  it('are signed again once one is dropped, but not for one that was replaced before', async () => {
    const tokens = createAppTokens(appWhoseTokensLast(9.5));
    const { token } = await tokens.current();
    tokens.drop(token);
    expect(await tokens.current()).toEqual({ token: 'token 2', isNew: true });
    tokens.drop(token);
    expect(await tokens.current()).toEqual({ token: 'token 2', isNew: false });
  });

  it('are requested again after signing failed', async () => {
    let calls = 0;
    const auth = async () => {
      calls += 1;
      if (calls === 1) throw new Error('no key');
      return { token: 'good', expiresAt: new Date(Date.now() + 570_000).toISOString() };
    };
    const tokens = createAppTokens({ octokit: { auth } } as never);
    await expect(tokens.current()).rejects.toThrow('no key');
    expect(await tokens.current()).toEqual({ token: 'good', isNew: true });
  });
});

describe('tokens of installations', () => {
  it('are cached for a thousand installations, and the least recently used one is requested again', async () => {
    const given: number[] = [];
    const asApp = async (_route: string, { installation_id: id }: { installation_id?: number }) => {
      given.push(id ?? 0);
      return { token: `token of ${id}`, expires_at: '2026-11-21T13:00:00Z' };
    };
    const tokens = createInstallationTokens({ asApp } as unknown as AppClient, createMemoryClock(noon));
    const grant = { permissions: { actions: 'read' } } as const;
    const get = (n: number) => tokens.get(InstallationId(n), grant);
    for (let n = 1; n <= 1_000; n++) await get(n);
    await get(1);
    expect(given).toHaveLength(1_000);
    await get(1_001);
    await get(1);
    await get(2);
    expect(given.slice(1_000)).toEqual([1_001, 2]);
  });
});

describe('redirects', () => {
  const origin = 'https://api.github.com';
  /** GitHub answers after this many redirects. */
  const follow = (redirects: number) => {
    let left = redirects;
    return followRedirects(origin)(['GET /repos/acme/app', {}], async () =>
      left-- > 0
        ? { status: 301, headers: { location: `${origin}/repositories/${left}` } }
        : { status: 200, headers: {} },
    );
  };

  it('are followed three times', async () => {
    expect(await follow(3)).toMatchObject({ status: 200 });
    await expect(follow(4)).rejects.toMatchObject({ code: 'github-redirect' });
  });
});

describe('a GitHub that does not answer', () => {
  const app = givenApp({ appId: '1', privateKey: generateKeyPairSync('rsa', keyForm).privateKey });
  const silent = ((_url: string, { signal }: { signal?: AbortSignal }) => unanswered(signal)) as Fetch;

  it('is waited for ten seconds', async () => {
    const clock = createMemoryClock(noon);
    const github = createGitHub({ apiUrl: 'https://api.github.com', app, clock, fetch: silent });
    expect(await failsAfter(() => github.getInstallation(InstallationId(1)))).toBe(10_000);
  });

  it('is waited for ten seconds when an App is set up', async () => {
    const { fetch } = globalThis;
    globalThis.fetch = (_url, options) => unanswered(options?.signal);
    const known = { appId: '1', privateKey: (await app.current()).privateKey };
    const check = async () => {
      const heard = await createNewApps({ apiUrl: 'https://api.github.com' }).check(known);
      if (!heard.ok) throw new Error(heard.why);
    };
    try {
      expect(await failsAfter(check)).toBe(10_000);
    } finally {
      globalThis.fetch = fetch;
    }
  });
});
