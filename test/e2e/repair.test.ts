/**
 * EC2 at its worst, and processes that die at the worst moment: in the end every job has run, no second set of machines
 * was bought, and nothing is left. Where a minute must pass, the operator makes it pass by editing the row.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { launchFenceSeconds } from '../../lib/app/common/settings.ts';
import { expectNoSecondSet } from './support/expect-no-second-set.ts';
import { letDeadlinePass } from './support/overdue.ts';
import { until } from './support/until.ts';
import { setVisibility } from './support/visibility.ts';
import { type Account, heldLeases, reasonOf, startWorld, tierLabels, type World } from './support/world.ts';

describe('with an EC2 that fails', () => {
  let world: World;
  let acme: Account;
  let launchedBefore: number;
  beforeAll(async () => {
    world = await startWorld();
    acme = await world.install('acme', { maxRunners: 5 });
  });
  beforeEach(() => {
    launchedBefore = world.laptop.ec2.instances().length;
  });
  afterAll(() => world?.close());

  const idsBought = () =>
    world.laptop.ec2
      .instances()
      .slice(launchedBefore)
      .map(({ instanceId }) => instanceId);
  const bought = () => idsBought().length;
  const queue = (jobs: number) =>
    Array.from({ length: jobs }, () => world.queue(acme, tierLabels('medium'), 200));

  async function openLaunch() {
    let found: Awaited<ReturnType<typeof world.operator.rows>> = [];
    await until('a launch is open, and nobody works on it', async () => {
      found = (await world.operator.rows('launches')).filter(
        ({ state }) => state === 'intent' || state === 'answered',
      );
      return found.length === 1 && bought() === Number(found[0]?.['machines']);
    });
    await world.untilIdle();
    return found[0] as (typeof found)[number];
  }

  async function passTheFence(launch: Awaited<ReturnType<typeof openLaunch>>) {
    const fence = Number(launch['call_until']) - Number(launch['created_at']);
    expect(fence).toBeGreaterThanOrEqual(launchFenceSeconds * 1000);
    const past = Date.now() - 1000;
    const key = { launch_id: String(launch['launch_id']) };
    await world.operator.edit('launches', key, { call_until: past });
    await world.sweep();
  }

  /** What EC2's shortage taught is kept for minutes. */
  async function passTheMemory() {
    for (const { name } of await world.operator.rows('notes'))
      await world.operator.edit('notes', { name: String(name) }, { valid_until: Date.now() - 1000 });
  }

  it('runs the jobs that got machines, and the rest when EC2 has more', async () => {
    const none = { pool: 'm5.large', available: 0 };
    world.laptop.ec2.setDials({ capacity: [{ pool: 't3.large', available: 2 }, none] });
    const jobIds = queue(5);
    await until('three jobs wait for machines', async () => {
      const rows = await Promise.all(jobIds.map((jobId) => world.job(acme, jobId)));
      return rows.filter((row) => reasonOf(row) === 'capacity').length === 3;
    });
    expect(bought()).toBe(2);

    // Whoever met the shortage has noted it by now, and notes nothing behind the operator's back.
    await world.untilIdle();
    world.laptop.ec2.setDials({ capacity: [] });
    await passTheMemory();
    await world.sweep();

    await world.untilCompleted(jobIds);
    await world.untilRest();
    await expectNoSecondSet(world, { jobIds, bought: idsBought() });
  });

  it('keeps jobs waiting with the reason while it throttles, and runs them afterwards', async () => {
    const error = { code: 'RequestLimitExceeded', status: 503 };
    world.laptop.endpoint.dials.set([{ service: 'ec2', action: 'CreateFleet', error }]);
    const [jobId = 0] = queue(1);
    await world.untilJob(acme, jobId, { state: 'waiting', reason: 'throttled' });
    const holdsNone = async () => heldLeases(await world.tenant(acme)) === 0;
    await until('the lease is back', holdsNone);
    expect(bought()).toBe(0);

    world.laptop.endpoint.dials.set([]);
    await world.sweep();

    await world.untilCompleted([jobId]);
    await world.untilRest();
    expect(bought()).toBe(1);
  });

  it('finds the machines of a launch whose answer was lost, and starts no second set', async () => {
    const error = { code: 'ConnectionReset' };
    const lost = { service: 'ec2', action: 'CreateFleet', error, count: 2, when: 'after' } as const;
    const unseen = {
      service: 'ec2',
      caller: 'my-saas-scale-up',
      error: { code: 'InternalError', status: 500 },
    };
    const looks = ['DescribeInstances', 'DescribeFleets'].map((action) => ({ ...unseen, action }));
    world.laptop.endpoint.dials.set([lost, ...looks]);
    await setVisibility(world.laptop, 3, /medium-builds$/);
    const [jobId = 0] = queue(1);
    const launch = await openLaunch();
    await setVisibility(world.laptop, 180, /medium-builds$/);
    world.laptop.endpoint.dials.set([]);
    expect(heldLeases(await world.tenant(acme))).toBe(1);

    await passTheFence(launch);

    await world.untilCompleted([jobId]);
    await world.untilRest();
    expect(bought()).toBe(1);
  });

  it('does so too if the process died right after CreateFleet', async () => {
    const { endpoint, functions } = world.laptop;
    const stop = endpoint.onCall(({ action }) => {
      if (action !== 'CreateFleet') return;
      stop();
      // Before its answer is sent: every copy, so that the one that called is among them.
      while (functions.killRandomContainer('my-saas-scale-up'));
    });
    await setVisibility(world.laptop, 3, /medium-builds$/);
    const [jobId = 0] = queue(1);

    const launch = await openLaunch();
    await setVisibility(world.laptop, 180, /medium-builds$/);
    await passTheFence(launch);

    await world.untilCompleted([jobId]);
    await world.untilRest();
    expect(bought()).toBe(1);
    expect((await world.job(acme, jobId))?.['attempts']).toBe(1);
  });

  it('replaces a machine that never boots, once its deadline has passed', async () => {
    world.laptop.ec2.setDials({ neverBoot: { probability: 1, count: 1 } });
    const [jobId = 0] = queue(1);
    await until('the dead machine has its row', async () => {
      const rows = await world.operator.rows('runners');
      return rows.some(({ state }) => state === 'booting') && bought() === 1;
    });
    const [dead] = (await world.operator.rows('runners')).filter(({ state }) => state === 'booting');
    const key = { instance_id: String(dead?.['instance_id']) };
    await letDeadlinePass(world, key.instance_id);

    await world.sweep();

    await world.untilCompleted([jobId]);
    await world.untilRest();
    expect(bought()).toBe(2);
    expect(await world.operator.row('runners', key)).toMatchObject({ state: 'ended', planned_job: jobId });
  });

  it('had no call denied, and left no message in a dead-letter queue', () => {
    const denied = world.events.filter(({ kind }) => kind === 'denied' || kind === 'fault');
    expect(denied).toEqual([]);
    const { queues } = world.laptop;
    const dead = queues.list().filter(({ name }) => name.endsWith('-dead-letters'));
    expect(dead.map(({ name }) => queues.counts(name).visible)).toEqual(dead.map(() => 0));
  });
});
