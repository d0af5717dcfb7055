/**
 * The port of a single host with the real client, against the stand-in: with an App's key and with a person's token.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { givenApp } from '../../../lib/adapters/github/app-client.ts';
import { createHostGitHub, type HostCredential } from '../../../lib/adapters/github/host-github.ts';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { openSession } from '../../local/github/runner-client.ts';

const clock = { now: Date.now, sleep: async () => undefined };
const acme = { kind: 'organization', organization: 'acme' } as const;
const app = { kind: 'repository', owner: 'acme', repository: 'app' } as const;
const wanted = (scope: typeof acme | typeof app, name = 'mayfly-1') => ({
  ...{ scope, name, labels: ['self-hosted', 'linux'], runnerGroupId: 1, workFolder: '_here' },
});

describe.each(['an App', 'a token'])('a single host with %s', (kind) => {
  let standIn: GitHubStandIn;
  let token: string;
  let reads: number;
  beforeEach(async () => {
    standIn = await startGitHub();
    standIn.install({ login: 'acme', repositories: ['app'] });
    token = standIn.addPersonalToken({ login: 'acme', scopes: ['admin:org', 'repo'] });
    reads = 0;
  });
  afterEach(() => standIn.stop());

  const credential = (): HostCredential =>
    kind === 'an App'
      ? {
          kind: 'app',
          app: givenApp({ appId: String(standIn.appId), privateKey: standIn.privateKeyPem }),
        }
      : {
          kind: 'token',
          read: async () => {
            reads += 1;
            return token;
          },
        };
  const github = () => createHostGitHub({ apiUrl: standIn.url, clock, credential: credential() });

  it.each([
    ['an organization', acme],
    ['a repository', app],
  ])('registers a runner of %s, lists it with its labels, and removes it', async (_what, scope) => {
    const host = github();
    expect(await host.register(wanted(scope))).toMatchObject({ ok: true });
    const shown = { name: 'mayfly-1', online: false, busy: false, labels: ['self-hosted', 'linux'] };
    expect(await host.list(scope)).toMatchObject({ ok: true, value: { runners: [shown], isComplete: true } });
    expect(await host.remove(scope, 'mayfly-1')).toMatchObject({ ok: true, value: 'removed' });
    expect(await host.remove(scope, 'mayfly-1')).toMatchObject({ ok: true, value: 'absent' });
  });

  it('leaves a runner that has a job', async () => {
    const host = github();
    const made = await host.register(wanted(acme));
    await openSession(made.ok ? made.value.jitConfig : '');
    standIn.queueJob({ repository: 'acme/app', labels: ['linux'] });
    expect(await host.remove(acme, 'mayfly-1')).toMatchObject({ ok: true, value: 'busy' });
  });

  it('finds a runner group and a repository by their names', async () => {
    standIn.setGroup('acme', { name: 'Builders', visibility: 'selected', repositories: ['app'] });
    const host = github();
    expect(await host.group('acme', 'builders')).toMatchObject({ value: { visibility: 'selected' } });
    expect(await host.group('acme', 'others')).toMatchObject({ ok: true, value: undefined });
    expect(await host.repository('acme/app')).toMatchObject({ value: { fullName: 'acme/app' } });
    expect(await host.repository('acme/gone')).toMatchObject({ refusal: { kind: 'not-found' } });
  });

  it('reports that an organization is out of its reach', async () => {
    const scope = { kind: 'organization', organization: 'globex' } as const;
    expect(await github().list(scope)).toMatchObject({ ok: false, refusal: { kind: 'not-found' } });
  });

  it('requests a new token once GitHub refuses the current one', async () => {
    const host = github();
    await host.list(acme);
    const before = reads;
    standIn.revokePersonalToken(token);
    const refused = await host.list(acme);
    if (kind === 'an App') expect(refused.ok).toBe(true);
    else expect([refused, reads]).toMatchObject([{ refusal: { kind: 'forbidden' } }, before + 2]);
  });
});

describe('a token without the scope', () => {
  it('gets the same answer as for an organization that does not exist', async () => {
    const standIn = await startGitHub();
    standIn.install({ login: 'acme', repositories: ['app'] });
    const token = standIn.addPersonalToken({ login: 'acme', scopes: ['repo'] });
    const credential = { kind: 'token', read: async () => token } as const;
    const host = createHostGitHub({ apiUrl: standIn.url, clock, credential });
    expect(await host.list(acme)).toMatchObject({ ok: false, refusal: { kind: 'not-found' } });
    expect(await host.list(app)).toMatchObject({ ok: true });
    await standIn.stop();
  });
});

/** How many pages are read if an organization has this many runners. */
async function listOf(count: number) {
  const { fetch } = globalThis;
  const pages: number[] = [];
  globalThis.fetch = async (url) => {
    pages.push(Number(new URL(String(url)).searchParams.get('page')));
    const size = Math.min(100, count - 100 * (pages.length - 1));
    const runners = Array.from({ length: size }, (_, n) => ({
      ...{ name: `runner-${pages.length}-${n}`, status: 'online', busy: false, labels: [] },
    }));
    return Response.json({ runners });
  };
  const credential = { kind: 'token', read: async () => 'token' } as const;
  try {
    const host = createHostGitHub({ apiUrl: 'https://api.github.com', clock, credential });
    const listed = await host.list(acme);
    if (!listed.ok) throw new Error('it was refused');
    const { runners, isComplete } = listed.value;
    return { pages, isComplete, names: new Set(runners.map(({ name }) => name)).size };
  } finally {
    globalThis.fetch = fetch;
  }
}

it.each([
  [1_001, { pages: 11, names: 1_001, isComplete: true }],
  [9_999, { pages: 100, names: 9_999, isComplete: true }],
  [10_000, { pages: 100, names: 10_000, isComplete: false }],
  [10_001, { pages: 100, names: 10_000, isComplete: false }],
])('reads the list of %i runners to its end, or to GitHub’s limit for a group', async (count, wanted) => {
  const { pages, names, isComplete } = await listOf(count);
  expect({ pages: pages.length, names, isComplete }).toEqual(wanted);
  expect(pages).toEqual(pages.map((_, n) => n + 1));
});
