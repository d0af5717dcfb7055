/** The real adapter fulfils the GitHub contract against the stand-in, and does what only a remote GitHub requires. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { givenApp } from '../../../lib/adapters/github/app-client.ts';
import { createGitHub } from '../../../lib/adapters/github/github.ts';
import { createSmallFetch } from '../../../lib/adapters/github/small-fetch.ts';
import { createStoredApp } from '../../../lib/adapters/secrets-manager/stored-app.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import type { GitHubEvent, GitHubStandIn } from '../../../lib/local/github/start-github.ts';
import { startGitHub } from '../../../lib/local/github/start-github.ts';
import type { GitHub } from '../../../lib/ports/github.ts';
import { githubContract } from '../../contracts/github.contract.ts';
import { createMemorySecret } from '../../fakes/secrets.ts';
import { openSession } from '../../local/github/runner-client.ts';
import { otherAppKey } from '../../support/other-app-key.ts';

const clock = { now: Date.now, sleep: async () => undefined };
const adapterTo = (standIn: GitHubStandIn, options: { timeoutMs?: number } = {}) =>
  createGitHub({
    apiUrl: standIn.url,
    app: givenApp({ appId: String(standIn.appId), privateKey: standIn.privateKeyPem }),
    clock,
    fetch: createSmallFetch(),
    ...options,
  });

githubContract('the adapter on the stand-in', async () => {
  const standIn = await startGitHub();
  return {
    github: adapterTo(standIn),
    install: (account) => InstallationId(standIn.install(account).installationId),
    suspend: (id) => standIn.suspend(id),
    uninstall: (id) => standIn.uninstall(id),
    async makeBusy({ jitConfig, repository, labels }) {
      await openSession(jitConfig);
      standIn.queueJob({ repository, labels });
    },
    queueJob: (repository, runId) =>
      JobId(standIn.queueJob({ repository, labels: ['nobody'], ...(runId ? { runId } : {}) }).jobId),
    async failDelivery() {
      standIn.setWebhook({ url: 'http://127.0.0.1:9/', secret: 'of nobody' });
      standIn.queueJob({ repository: 'acme/app', labels: ['nobody'] });
      while (standIn.state().deliveries.failed === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    setGroup: (login, group) => void standIn.setGroup(login, group),
    deleteGroup: (login, name) => standIn.deleteGroup(login, name),
    setPublic: (repository) => standIn.setPublic(repository, true),
    exhaust: (id, resource) => standIn.spendRequests(id, 10_000, resource),
    cancelJob: (_repository, jobId) => standIn.cancelJob(jobId),
    setFormerNames: (formerNames) => void standIn.setDials({ formerNames }),
    renameAccount: standIn.rename,
    renameRepository: standIn.renameRepository,
    transferRepository: standIn.transferRepository,
    leave: (id, calls) => standIn.spendRequests(id, 5000 - calls),
    loseNextRegistrationAnswer: () =>
      standIn.setDials({
        faults: [{ route: 'POST *generate-jitconfig', status: 500, when: 'drop', count: 1 }],
      }),
    registrations: () => standIn.state().runners.map(({ name, labels }) => ({ name, labels })),
    stop: () => standIn.stop(),
  };
});

describe('the adapter and its tokens', () => {
  let standIn: GitHubStandIn;
  let github: GitHub;
  let acme: InstallationId;
  let events: GitHubEvent[];

  beforeEach(async () => {
    events = [];
    standIn = await startGitHub({ onEvent: (event) => events.push(event) });
    github = adapterTo(standIn);
    acme = InstallationId(standIn.install({ login: 'acme', repositories: ['app'] }).installationId);
  });
  afterEach(() => standIn.stop());

  const scope = { kind: 'organization', organization: 'acme' } as const;
  const register = (name: string) =>
    github.createJitConfig({ installationId: acme, scope, name, labels: ['linux'], runnerGroupId: 1 });
  /** What the stand-in knows about a token; every token may read metadata. */
  const granted = (permissions: object, repositories: string | string[]) => ({
    installationId: acme,
    permissions: { ...permissions, metadata: 'read' },
    repositories,
  });
  const fault = (route: string, status: number, more: object = {}) =>
    standIn.setDials({ faults: [{ route, status, ...more }] });

  it('requests one token if several calls need it at the same time', async () => {
    fault('POST /app/*', 500, { count: 1 });

    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(register));

    // If each call had requested its own token, only the first would have met the fault.
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('is told to wait if GitHub gives the App no more tokens in this minute', async () => {
    standIn.setDials({ pointsPerMinute: 9 });
    const other = InstallationId(standIn.install({ login: 'other', repositories: ['app'] }).installationId);
    await register('a');
    const refused = await github.getJob(other, 'other/app', JobId(1));
    expect(refused).toMatchObject({ ok: false, refusal: { kind: 'limited' } });
    standIn.setDials({ pointsPerMinute: 900 });
    expect(await github.getJob(other, 'other/app', JobId(1))).toMatchObject({
      refusal: { kind: 'not-found' },
    });
  });

  it('requests no second token while the first is valid', async () => {
    await register('a');
    fault('POST /app/*', 500);

    expect(await register('b')).toMatchObject({ ok: true });
  });

  it('requests no more permissions than the call needs', async () => {
    await register('a');
    await github.removeRunner(acme, { kind: 'repository', owner: 'acme', repository: 'app' }, 'a');
    await github.getJob(acme, 'acme/app', JobId(1));

    const minted = events.filter(({ name }) => name === 'token-minted').map(({ fields }) => fields);
    expect(minted).toEqual([
      granted({ organization_self_hosted_runners: 'write' }, 'all'),
      granted({ administration: 'write' }, ['app']),
      granted({ actions: 'read' }, 'all'),
    ]);
  });

  it('reads a rotated key once GitHub refuses the old one, at most once a minute', async () => {
    const appId = String(standIn.appId);
    let now = 0;
    const stored = (privateKey: string) => JSON.stringify({ appId, privateKey });
    const secret = createMemorySecret({
      value: stored(otherAppKey()),
      clock: { ...clock, now: () => now },
    });
    const rotating = createGitHub({ apiUrl: standIn.url, app: createStoredApp(secret), clock });
    const asked = () => rotating.getInstallation(acme);

    expect(await asked()).toMatchObject({ refusal: { kind: 'forbidden' } });
    secret.rotate(stored(standIn.privateKeyPem));
    expect(await asked()).toMatchObject({ refusal: { kind: 'forbidden' } });
    expect(secret.reads()).toBe(1);
    now = 60_000;
    expect(await asked()).toMatchObject({ ok: true });
    expect(secret.reads()).toBe(2);
  });

  it('signs again, once, if GitHub no longer accepts what the App signed before', async () => {
    await register('a');
    fault('POST /app/*', 401, { count: 1 });

    const other = { kind: 'repository', owner: 'acme', repository: 'app' } as const;
    expect(await github.removeRunner(acme, other, 'a')).toMatchObject({ ok: true });
  });

  it('requests another token once GitHub no longer accepts the current one', async () => {
    await register('a');
    fault('POST *generate-jitconfig', 401, { message: 'Bad credentials', count: 1 });

    const again = await register('b');

    expect(again.ok).toBe(true);
    expect(events.filter(({ name }) => name === 'token-minted')).toHaveLength(2);
  });

  it('does not try a third time if GitHub accepts no token at all', async () => {
    fault('POST *generate-jitconfig', 401, { message: 'Bad credentials' });

    expect(await register('a')).toMatchObject({ refusal: { kind: 'forbidden', message: /Bad credentials/ } });
  });

  it('uses no token after its expiry', async () => {
    standIn.setDials({ tokenLifetimeSeconds: 30 });
    await register('a');
    fault('POST /app/*', 500, { count: 1 });

    await expect(register('b')).rejects.toMatchObject({ code: 'github-500', retryable: true });
  });

  it.each([
    [403, { 'retry-after': '17' }, 17],
    [429, {}, 60],
    [429, { 'retry-after': '3' }, 3],
  ])('reads %i with %j as: retry in %i seconds', async (status, headers, retryAfterSeconds) => {
    fault('POST *generate-jitconfig', status, { headers, message: 'slow down' });

    expect(await register('a')).toEqual({ ok: false, refusal: { kind: 'limited', retryAfterSeconds } });
  });

  it.each([
    { clock: 'like ours', ahead: 0 },
    { clock: 'five minutes ahead of ours', ahead: 300 },
    { clock: 'five minutes behind ours', ahead: -300 },
  ])('reads the reset time if no retry-after is given, by GitHub’s clock: $clock', async ({ ahead }) => {
    const date = new Date(Date.now() + ahead * 1000).toUTCString();
    const reset = String(Math.ceil(Date.parse(date) / 1000) + 120);
    const headers = { date, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    fault('POST *generate-jitconfig', 403, { headers, message: 'slow down' });

    const answer = await register('a');

    expect(answer.ok || answer.refusal).toMatchObject({ kind: 'limited' });
    const seconds = answer.ok || answer.refusal.kind !== 'limited' ? 0 : answer.refusal.retryAfterSeconds;
    expect(seconds).toBeGreaterThanOrEqual(118);
    expect(seconds).toBeLessThanOrEqual(122);
  });

  it('sends no token to another host', async () => {
    const headers = { location: 'http://127.0.0.1:9/repositories/1' };
    fault('POST *generate-jitconfig', 307, { headers, message: 'Temporary Redirect' });

    await expect(register('a')).rejects.toMatchObject({ code: 'github-redirect' });
  });

  it('gives up on circular redirects', async () => {
    const headers = { location: `${standIn.url}/orgs/acme/actions/runners/generate-jitconfig` };
    fault('POST *generate-jitconfig', 301, { headers, message: 'Moved Permanently' });

    await expect(register('a')).rejects.toMatchObject({ code: 'github-redirect' });
  });

  it('reports a missing permission as forbidden', async () => {
    standIn.acceptPermissions(acme, { actions: 'read', organization_self_hosted_runners: 'read' });

    expect(await register('a')).toMatchObject({ ok: false, refusal: { kind: 'forbidden' } });
  });

  it('gives up on a GitHub that does not answer, with a retryable error', async () => {
    const hasty = adapterTo(standIn, { timeoutMs: 50 });
    standIn.setDials({ latencyMs: 400 });

    await expect(hasty.getInstallation(acme)).rejects.toMatchObject({
      name: 'OperationalError',
      retryable: true,
    });
  });

  it('is refused as forbidden with a key that is not the App’s', async () => {
    const stranger = createGitHub({
      apiUrl: standIn.url,
      app: givenApp({ appId: String(standIn.appId), privateKey: otherAppKey() }),
      clock,
    });

    expect(await stranger.getInstallation(acme)).toMatchObject({ refusal: { kind: 'forbidden' } });
  });
});
