/** How much one sweep does, how much of it at once, and for how long it begins more: the rest follows a minute later. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId, LaunchId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const onGitHub = (status: 'queued' | 'waiting') => ({ status, conclusion: null, runnerName: null });

const blocked = (count: number, over = {}) =>
  Array.from({ length: count }, (_, n) =>
    givenJob({ jobId: JobId(n + 1), state: 'blocked', unsettledAt: noon, ...over }),
  );

const givenRoom = (machines: number) =>
  givenPlatform({
    tenants: [givenTenant({ maxRunners: machines })],
    deployment: {
      tiers: [givenTier({ maxRunners: machines }), givenTier({ name: medium, labels: ['medium'] })],
      caps: { waitingJobsPerTenant: 1_000, launchesPerMinutePerTenant: 1_000 },
    },
  });

/** So many machines, each launched alone, whose runners listen. */
async function givenListening(machines: number) {
  const platform = await givenRoom(machines);
  for (let jobId = 1; jobId <= machines; jobId++) await platform.accept(queued(jobId, { repositoryId: 11 }));
  for (const machine of platform.liveMachines()) {
    await platform.claim(machine);
    await platform.confirm(machine);
  }
  return platform;
}

/** How many of these calls were under way at once, at the most. */
function atOnceOf({ stores: { world } }: Platform, name: string) {
  const seen = { underWay: 0, atOnce: 0 };
  world.beforeCall = async (call) => {
    if (call !== name) return;
    seen.atOnce = Math.max(seen.atOnce, ++seen.underWay);
    await new Promise((resolve) => setImmediate(resolve));
    seen.underWay -= 1;
  };
  return seen;
}

describe('the sweep', () => {
  /** GitHub takes so long for each question; the answer says which were asked, and how many at once. */
  function slowGitHub({ github, clock }: Platform, milliseconds: number) {
    const seen = { asked: 0, underWay: 0, atOnce: 0 };
    github.getJob = async () => {
      seen.asked += 1;
      seen.underWay += 1;
      seen.atOnce = Math.max(seen.atOnce, seen.underWay);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(milliseconds);
      seen.underWay -= 1;
      return { ok: true, value: onGitHub('waiting') };
    };
    return seen;
  }

  it('asks about five jobs of a tenant at once, and starts no call after five seconds', async () => {
    const platform = await givenPlatform();
    await platform.jobs.insert(blocked(30));
    platform.clock.advance(minute);
    const seen = slowGitHub(platform, 1_000);
    await platform.sweep();
    expect(seen).toMatchObject({ asked: 5 + 4, atOnce: 5 });
  });

  it('asks about thirty jobs of a tenant', async () => {
    const platform = await givenPlatform();
    await platform.jobs.insert(blocked(50));
    platform.clock.advance(minute);
    const seen = slowGitHub(platform, 0);
    await platform.sweep();
    expect(seen.asked).toBe(30);
  });

  it('handles ten tenants at once, and starts no further one after twenty seconds', async () => {
    const tenants = Array.from({ length: 60 }, (_, n) =>
      givenTenant({ installationId: InstallationId(n + 1), accountId: n + 1 }),
    );
    const platform = await givenPlatform({ tenants });
    for (const { installationId } of tenants) await platform.jobs.insert(blocked(1, { installationId }));
    platform.clock.advance(minute);
    const seen = slowGitHub(platform, 1_000);
    await platform.sweep();
    expect(seen.atOnce).toBe(10);
    expect(seen.asked).toBeGreaterThanOrEqual(20);
    expect(seen.asked).toBeLessThanOrEqual(20 + 10);
  });

  it('reads twenty pages of five hundred pending jobs', async () => {
    const platform = await givenPlatform();
    const limits: number[] = [];
    platform.jobs.scanPendingAcrossTenants = async ({ limit }) => {
      limits.push(limit);
      return { jobs: [], cursor: 'further' };
    };
    await platform.sweep();
    expect(limits).toEqual(Array(20).fill(500));
  });

  it('reads no further page of pending jobs after twelve seconds, and continues there next time', async () => {
    const platform = await givenPlatform();
    await platform.jobs.insert(blocked(2_100));
    const { scanPendingAcrossTenants } = platform.stores.jobs;
    let pages = 0;
    platform.jobs.scanPendingAcrossTenants = async (page) => {
      pages += 1;
      platform.clock.advance(5_000);
      return scanPendingAcrossTenants(page);
    };
    await platform.sweep();
    expect(pages).toBe(3);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await platform.sweep();
    expect(pages).toBe(3 + 2);
  });

  it('resumes a hundred launches whose callers died, and reports that there are more', async () => {
    const platform = await givenRoom(200);
    for (let jobId = 1; jobId <= 101; jobId += 1) {
      platform.stores.world.failNext('jobs.insert', new Error('died'));
      await platform.accept(queued(jobId));
    }
    platform.clock.advance(minute);
    await platform.sweep();
    expect(await platform.leases()).toBe(1);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await platform.sweep();
    expect(await platform.leases()).toBe(0);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
  });

  it('resumes first those whose callers died the longest ago', async () => {
    const platform = await givenRoom(200);
    for (let jobId = 1; jobId <= 101; jobId += 1) {
      platform.stores.world.failNext('jobs.insert', new Error('died'));
      await platform.accept(queued(jobId));
    }
    const { launches } = platform.stores.world.rows;
    const [last] = [...launches.values()].slice(-1);
    launches.set(last!.launchId, { ...last!, callUntil: last!.callUntil - 1 });
    platform.clock.advance(minute);
    await platform.sweep();
    expect(platform.stores.world.launch(last!.launchId)).toMatchObject({ state: 'closed' });
    expect(await platform.leases()).toBe(1);
  });

  it('handles fifty launches at once', async () => {
    const platform = await givenListening(60);
    platform.clock.advance(platform.deployment.limits.bootSeconds * 1000);
    const seen = atOnceOf(platform, 'launches.lookAgain');
    await platform.sweep();
    expect(seen.atOnce).toBe(50);
  });

  it('marks fifty machines at once that must have a start gate', async () => {
    const platform = await givenRoom(60);
    await platform.accept(...Array.from({ length: 60 }, (_, n) => queued(n + 1, { repositoryId: 11 })));
    platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
    const seen = atOnceOf(platform, 'runners.requireGate');
    await platform.sweep();
    expect(seen.atOnce).toBe(50);
  });

  it('starts to replace no machine after twenty seconds', async () => {
    const platform = await givenListening(15);
    platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
    const { removeRunner } = platform.github;
    platform.github.removeRunner = async (...given) => {
      platform.clock.advance(3_000);
      return removeRunner(...given);
    };
    await platform.sweep();
    expect(platform.github.registrations.size).toBe(15 - 7);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
  });

  it('asks about three waiting jobs of a tier, in three tiers, before it doubts a silent machine', async () => {
    const platform = await givenListening(1);
    const { idleSeconds, bootSeconds } = platform.deployment.limits;
    platform.clock.advance((idleSeconds + bootSeconds + 1) * 1000);
    const names = [small, medium, 'third', 'fourth'] as (typeof small)[];
    const waiting = names.flatMap((tier, n) =>
      Array.from({ length: 5 }, (_, m) =>
        givenJob({
          ...{ jobId: JobId(100 + 10 * n + m), tier, labels: ['self-hosted', tier] },
          acceptedAt: platform.clock.now(),
        }),
      ),
    );
    await platform.jobs.insert(waiting);
    const seen = slowGitHub(platform, 0);
    await platform.sweep();
    expect(seen.asked).toBe(1 + 3 * 3);
  });

  it('asks about a job that GitHub denied each minute for two hours, and then each hour', async () => {
    const platform = await givenPlatform();
    await platform.jobs.insert(blocked(1, { goneAt: noon }));
    const refusal = { kind: 'forbidden', message: 'No.' } as const;
    platform.github.getJob = async () => ({ ok: false, refusal });
    const asked = () => platform.telemetry.total('Repairs', { kind: 'unsettled-job-asked' });
    platform.clock.advance(2 * 60 * minute);
    await platform.sweep();
    expect(asked()).toBe(1);
    platform.clock.advance(minute);
    await platform.sweep();
    platform.clock.advance(minute);
    await platform.sweep();
    // The minute after two hours is the one of its hour.
    expect(asked()).toBe(2);
  });

  it('handles five thousand due launches, and reports that there are more', async () => {
    const platform = await givenListening(1);
    const { rows } = platform.stores.world;
    const [launch] = rows.launches.values();
    for (let n = 0; n < 5_001; n++) {
      const launchId = LaunchId(`due-${n}`);
      rows.launches.set(launchId, { ...launch!, launchId, instances: new Map(), lookAt: noon - n });
    }
    const due = () =>
      [...rows.launches.values()].filter(({ lookAt }) => lookAt !== undefined && lookAt <= noon);
    await platform.sweep();
    expect(due()).toHaveLength(1);
    expect(platform.telemetry.total('SweepsCut')).toBe(1);
    await platform.sweep();
    expect(due()).toEqual([]);
  });

  it('follows a chain of machines that swapped their jobs for five of them, before it doubts a silent machine', async () => {
    const platform = await givenListening(9);
    const machines = platform.liveMachines();
    const { idleSeconds, bootSeconds } = platform.deployment.limits;
    platform.clock.advance((idleSeconds + bootSeconds + 1) * 1000);
    const { runners } = platform.stores.world.rows;
    // Each job runs on the next machine, and nobody said so; the last machine has none.
    for (const [n, machine] of machines.entries()) {
      const runner = runners.get(machine)!;
      if (n > 0) runners.set(machine, { ...runner, deadline: platform.clock.now() + minute });
      const runnerName = machines[n + 1] ?? null;
      const found = { status: 'in_progress', conclusion: null, runnerName } as const;
      platform.github.putJob('acme/app', runner.plannedJob, found);
    }
    const asked: number[] = [];
    const { getJob } = platform.github;
    platform.github.getJob = async (...given) => {
      asked.push(given[2]);
      return getJob(...given);
    };
    await platform.sweep();
    expect(asked).toEqual([1, 2, 3, 4, 5]);
  });

  it('waits a minute for EC2’s event about a machine that is shutting down', async () => {
    const platform = await givenListening(1);
    const [machine] = platform.liveMachines();
    const { idleSeconds, bootSeconds } = platform.deployment.limits;
    platform.clock.advance((idleSeconds + bootSeconds) * 1000);
    platform.compute.setState(machine!, 'shutting-down');
    await platform.sweep();
    const { deadline, state } = (await platform.runners.get(acme, machine!))!;
    expect([state, deadline]).toEqual(['listening', platform.clock.now() + minute]);
  });

  it('closes a job that waited for its approval for thirty days, and no sooner', async () => {
    const platform = await givenPlatform();
    await platform.jobs.insert(blocked(1));
    platform.github.putJob('acme/app', JobId(1), onGitHub('waiting'));
    platform.clock.advance(30 * day - minute);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'blocked' });
    platform.clock.advance(minute);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'expired' });
  });

  it('asks about a pausing job in the last two minutes of its pause', async () => {
    const platform = await givenPlatform();
    const rest = { replacements: 5, retryAt: noon + 10 * minute };
    await platform.jobs.insert([givenJob({ ...rest })]);
    const asked: number[] = [];
    const { getJob } = platform.github;
    platform.github.getJob = async (...given) => {
      asked.push(platform.clock.now() - noon);
      return getJob(...given);
    };
    platform.github.putJob('acme/app', JobId(1), onGitHub('queued'));
    for (let minutes = 1; minutes <= 9; minutes++) {
      platform.clock.advance(minute);
      await platform.sweep();
    }
    expect(asked).toEqual([9 * minute]);
  });
});
