/**
 * A start that comes alone is written down by the time that GitHub has its answer, without the queue; and where lifecycle cannot be
 * called, it takes the queue as before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queuedPayload } from './support/post-webhook.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

/** Facts that are closer to each other than two seconds share a batch. */
const apartMilliseconds = 2_100;

describe('a start that comes alone', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    world = await startWorld();
    acme = await world.install('acme');
  });
  afterAll(() => world?.close());

  /** On a machine that is none of ours. */
  const start = async (jobId: number) => {
    const owner = { login: 'acme', id: acme.accountId };
    const { installationId } = acme;
    const payload = queuedPayload({ installationId, owner, jobId, labels: tierLabels('small') });
    const queued = payload as { readonly workflow_job: object };
    const job = { ...queued.workflow_job, status: 'in_progress', runner_name: 'elsewhere' };
    const reply = await world.post('workflow_job', { ...queued, action: 'in_progress', workflow_job: job });
    expect(reply.status).toBe(202);
  };
  const invocations = () =>
    world.laptop.endpoint.calls
      .counts()
      .filter(({ caller, service }) => caller === 'my-saas-webhook' && service === 'lambda')
      .reduce((sum, { calls }) => sum + calls, 0);

  it('is recorded when its webhook is answered', async () => {
    for (const jobId of [801, 802, 803]) {
      if (jobId > 801) await sleep(apartMilliseconds);
      await start(jobId);
    }
    expect(await world.job(acme, 803)).toMatchObject({ state: 'running' });
    expect(invocations()).toBe(1);
    for (const jobId of [801, 802]) await world.untilJob(acme, jobId, { state: 'running' });
  });

  it('goes through the queue if lifecycle has no copy left', async () => {
    const error = { code: 'TooManyRequestsException', status: 429 };
    world.laptop.endpoint.dials.set([{ service: 'lambda', action: 'Invoke', error }]);
    await sleep(apartMilliseconds);
    await start(804);
    await world.untilJob(acme, 804, { state: 'running' });
    world.laptop.endpoint.dials.clear();
    expect(invocations()).toBe(2);
    expect(world.logged('fact-queued')).toMatchObject([{ jobId: 804, reason: 'TooManyRequestsException' }]);
  });
});
