/**
 * Webhooks leave the stand-in as they leave GitHub: signed, with its headers, once, recorded and
 * redeliverable.
 */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { appToken, ask } from './api-client.ts';
import { type Receiver, startReceiver } from './webhook-receiver.ts';

const secret = "It's a Secret to Everybody";

describe('webhooks', () => {
  let standIn: GitHubStandIn;
  let receiver: Receiver;

  beforeEach(async () => {
    standIn = await startGitHub();
    receiver = await startReceiver();
    standIn.setWebhook({ url: receiver.url, secret });
  });
  afterEach(async () => {
    await standIn.stop();
    await receiver.stop();
  });

  const events = () => receiver.received.map(({ event }) => event);
  const asApp = (route: string) => ask(standIn, route, { token: appToken(standIn) });
  const givenAcme = () => standIn.install({ login: 'acme', repositories: ['app'] });

  it('are signed over their exact bytes and carry the headers of GitHub', async () => {
    const { installationId } = givenAcme();
    await standIn.settle();

    const [{ headers, text, payload }] = receiver.received as [Receiver['received'][number]];
    const signature = createHmac('sha256', secret).update(text).digest('hex');
    expect(headers).toMatchObject({
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-event': 'installation',
      'x-github-delivery': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-github-hook-installation-target-id': String(standIn.appId),
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
      'content-type': 'application/json',
    });
    expect(payload).toMatchObject({
      action: 'created',
      installation: { id: installationId, account: { login: 'acme', type: 'Organization' } },
      repositories: [{ full_name: 'acme/app' }],
    });
  });

  it('report everything that happens to an installation', async () => {
    const { installationId } = givenAcme();
    const acts = [
      () => standIn.suspend(installationId),
      () => standIn.unsuspend(installationId),
      () => standIn.addRepositories(installationId, ['second']),
      () => standIn.removeRepositories(installationId, ['second']),
      () => standIn.rename(installationId, 'acme-inc'),
      () => standIn.acceptPermissions(installationId, { actions: 'read' }),
      () => standIn.uninstall(installationId),
    ];
    for (const act of acts) {
      act();
      await standIn.settle();
    }

    expect(events()).toEqual([
      'installation.created',
      'installation.suspend',
      'installation.unsuspend',
      'installation_repositories.added',
      'installation_repositories.removed',
      'installation_target.renamed',
      'installation.new_permissions_accepted',
      'installation.deleted',
    ]);
    expect(receiver.received[4]?.payload.repositories_removed).toMatchObject([{ full_name: 'acme/second' }]);
    expect(receiver.received[5]?.payload.changes).toEqual({ login: { from: 'acme' } });
  });

  it('name the organization of a job, and none if the owner is a user', async () => {
    givenAcme();
    standIn.install({ login: 'joan', type: 'User', repositories: ['toys'] });
    await standIn.settle();
    standIn.queueJob({ repository: 'acme/app', labels: ['linux'] });
    standIn.queueJob({ repository: 'joan/toys', labels: ['linux'] });
    await standIn.settle();

    const jobs = receiver.received.filter(({ event }) => event === 'workflow_job.queued');
    expect(jobs.map(({ payload }) => payload.organization?.login).toSorted()).toEqual(['acme', undefined]);
    expect(jobs[0]?.payload.workflow_job).toMatchObject({
      status: 'queued',
      runner_id: null,
      labels: ['linux'],
    });
  });

  it('are recorded, listed by outcome and page, and redelivered under the same guid', async () => {
    receiver.answerWith(500);
    givenAcme();
    await standIn.settle();
    receiver.answerWith(202);
    standIn.install({ login: 'other' });
    await standIn.settle();

    const { body: failures } = await asApp('GET /app/hook/deliveries?status=failure');
    expect(failures).toMatchObject([{ status_code: 500, redelivery: false, event: 'installation' }]);
    expect((await asApp(`POST /app/hook/deliveries/${failures[0].id}/attempts`)).status).toBe(202);
    await standIn.settle();

    const { body: all, headers } = await asApp('GET /app/hook/deliveries?per_page=2');
    expect(all[0]).toMatchObject({ guid: failures[0].guid, status_code: 202, redelivery: true });
    const next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]?.replace(standIn.url, '');
    expect((await asApp(`GET ${next}`)).body).toEqual(failures);
    expect(receiver.received.map(({ headers: sent }) => sent['x-github-delivery'])).toContain(
      failures[0].guid,
    );
  });

  it('are lost, duplicated or delayed if a dial says so', async () => {
    standIn.setDials({ webhooks: { loseProbability: 1 } });
    givenAcme();
    await standIn.settle();
    standIn.setDials({ webhooks: { loseProbability: 0, duplicateProbability: 1 } });
    standIn.install({ login: 'twice' });
    await standIn.settle();
    standIn.setDials({ webhooks: { duplicateProbability: 0, delayProbability: 1, delayMs: 60 } });
    const before = Date.now();
    standIn.install({ login: 'late' });
    await standIn.settle();

    expect(Date.now() - before).toBeGreaterThanOrEqual(55);
    const logins = receiver.received.map(({ payload }) => payload.installation.account.login);
    expect(logins).toEqual(['twice', 'twice', 'late']);
    expect(receiver.received[0]?.headers['x-github-delivery']).toBe(
      receiver.received[1]?.headers['x-github-delivery'],
    );
    // Deliveries that reached no server are in neither of the two lists.
    for (const [status, listed] of [
      ['failure', 0],
      ['success', 3],
    ])
      expect((await asApp(`GET /app/hook/deliveries?status=${status}`)).body).toHaveLength(Number(listed));
    const { body: all } = await asApp('GET /app/hook/deliveries');
    expect(all.map(({ status_code }: { status_code: number }) => status_code)).toEqual([202, 202, 202, 0]);
  });

  it('are not delivered at all if they are larger than 25 MB', async () => {
    standIn.install({ login: 'large', repositories: ['r'.repeat(13 * 1024 * 1024)] });
    standIn.install({ login: 'acme' });
    await standIn.settle();

    expect(receiver.received.map(({ payload }) => payload.installation.account.login)).toEqual(['acme']);
    expect((await asApp('GET /app/hook/deliveries')).body).toHaveLength(1);
  });

  it('do not go to a suspended installation', async () => {
    const { installationId } = givenAcme();
    standIn.suspend(installationId);
    standIn.queueJob({ repository: 'acme/app', labels: ['linux'] });
    await standIn.settle();

    expect(events().filter((event) => event.startsWith('workflow_job'))).toEqual([]);
  });
});
