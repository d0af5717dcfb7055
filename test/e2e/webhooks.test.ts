/**
 * What comes in by the webhook's URL: jobs that may not run are recorded with a reason and buy no machine, anyone with
 * the secret may post, and the secret can be changed while the platform runs.
 */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queuedPayload } from './support/post-webhook.ts';
import { until } from './support/until.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

describe('at the webhook', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    world = await startWorld();
    acme = await world.install('acme');
  });
  afterAll(() => world?.close());

  const machines = () => world.laptop.ec2.instances().length;
  const messagesSent = () =>
    world.laptop.endpoint.calls
      .counts()
      .filter(({ caller, service }) => caller === 'my-saas-webhook' && service === 'sqs')
      .reduce((sum, { calls }) => sum + calls, 0);

  it('refuses a job whose labels no tier has, and says which there are', async () => {
    const jobId = world.queue(acme, ['self-hosted', 'gpu']);
    const row = await world.untilJob(acme, jobId, { state: 'done', reason: 'labels-unknown' });
    expect(row).toMatchObject({ outcome: 'refused', reason: { text: expect.stringContaining('small [') } });
    expect(machines()).toBe(0);
  });

  it("ignores a job for GitHub's own machines, without a call", async () => {
    const before = messagesSent();
    const owner = { login: 'acme', id: acme.accountId };
    const job = queuedPayload({
      installationId: acme.installationId,
      owner,
      jobId: 700,
      labels: ['ubuntu-latest'],
    });
    const reply = await world.post('workflow_job', job);
    expect([reply.status, reply.body['outcome'], messagesSent() - before]).toEqual([202, 'ignored', 0]);
  });

  it("refuses a job of a repository that is not the installation's", async () => {
    const job = { jobId: 710, labels: tierLabels('small'), owner: { login: 'mallory', id: 666 } };
    await world.post('workflow_job', queuedPayload({ installationId: acme.installationId, ...job }));
    const row = await world.untilJob(acme, 710, { state: 'done', reason: 'owner-mismatch' });
    expect([row['outcome'], machines()]).toEqual(['refused', 0]);
  });

  it('refuses the jobs of a tenant that the operator suspended, whatever GitHub says', async () => {
    const umbrella = await world.install('umbrella');
    const key = { installation_id: umbrella.installationId };
    await world.operator.edit('tenants', key, { status: 'suspended' });
    world.laptop.github.suspend(umbrella.installationId);
    world.laptop.github.unsuspend(umbrella.installationId);
    await world.untilQuiet();
    const jobId = world.queue(umbrella, tierLabels('small'));
    const row = await world.untilJob(umbrella, jobId, { state: 'done', reason: 'tenant-suspended' });
    expect([row['outcome'], machines()]).toEqual(['refused', 0]);
    expect(await world.tenant(umbrella)).toMatchObject({ status: 'suspended' });
  });

  it('gives `runs-on: self-hosted` alone to the smallest tier', async () => {
    const jobId = world.queue(acme, ['self-hosted']);
    await world.untilCompleted([jobId]);
    await world.untilRest();
    const tiers = world.laptop.ec2.instances().map(({ tags }) => tags.get('ghr:tenant_tier'));
    expect(tiers).toEqual(['small']);
  });

  it('accepts an installation and a job that somebody signed by hand, and runs the job to its end', async () => {
    const owner = { login: 'hooli', id: 5010 };
    const installationId = 7700;
    const installation = { id: installationId, account: { ...owner, type: 'Organization' } };
    const hooli = { login: 'hooli', installationId, accountId: owner.id };
    await world.post('installation', { action: 'created', installation });
    await until('hooli is a tenant', async () => (await world.tenant(hooli)) !== undefined);
    const job = queuedPayload({ installationId, owner, jobId: 9001, labels: ['self-hosted', 'small'] });
    expect((await world.post('workflow_job', job)).status).toBe(202);
    const row = await world.untilJob(hooli, 9001, { state: 'done' });
    expect(row).toMatchObject({ outcome: 'completed', conclusion: 'success' });
    await world.untilRest();
  });

  it('accepts signatures of the old secret and of the new one, once the operator has stored it', async () => {
    const {
      endpointUrl: endpoint,
      region,
      operatorCredentials: credentials,
      outputs,
      functions,
    } = world.laptop;
    const client = new SecretsManagerClient({ endpoint, region, credentials });
    const SecretString = 'the-new-secret-0123456789abcdef';
    await client.send(
      new PutSecretValueCommand({ SecretId: outputs['WebhookSecretArn'] ?? '', SecretString }),
    );
    client.destroy();
    // A copy reads its secret again at most once a minute; a new copy reads it at once.
    while (functions.killRandomContainer('my-saas-webhook'));
    const ping = async (secret?: string) =>
      (await world.post('ping', { zen: 'Half measures' }, secret)).status;
    expect([await ping(), await ping(SecretString), await ping('a guess')]).toEqual([202, 202, 401]);
  });

  it('had no call denied, and nothing failed', async () => {
    await world.untilRest();
    expect(world.trouble()).toEqual([]);
  });
});
