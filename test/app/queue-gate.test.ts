/** The queue gate: no machine is bought for a job that its tenant's controllers have not admitted. */
import { describe, expect, it } from '@jest/globals';
import { decideWaiting } from '../../lib/app/admission/decide-waiting.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { dearestRules } from '../support/dearest-rules.ts';
import { acme, givenEvent, givenJobs, givenTenant, givenTier, medium, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const queued = (n: number, repository = 'acme/app') =>
  givenEvent({
    jobId: JobId(n),
    repository,
    repositoryId: repository === 'acme/app' ? 7 : 8,
    delivery: `d-${n}`,
  });
const ownPrices = {
  date: '2026-11-01',
  region: 'us-east-1',
  disk: { gigabyte: 80_000, iops: 5_000, throughputMegabyte: 40_000 },
  address: 5_000,
};
const notApp = 'repository.name == "acme/app"';
const decisionsOf = (platform: Platform, n = 1) => platform.controllers.decisionsOfJob(acme, JobId(n));
const stateOf = async (platform: Platform, n = 1) => {
  const job = await platform.job(n);
  return [job?.state, job?.reason?.code ?? job?.admission?.state];
};

async function givenControlled(...controllers: Parameters<typeof putControllers>[1][]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })] });
  await putControllers(platform.controllers, ...controllers);
  return platform;
}

describe('the queue gate', () => {
  it('costs a tenant without active controllers not one call', async () => {
    const inert = givenController({ state: 'enabled' });
    const off = givenRules({ id: 'ctl_2', state: 'disabled' }, 'true');
    const platform = await givenControlled(inert, off);
    // Whether the operator has any is read once in some seconds, with the tenant's row.
    await platform.accept(queued(2));
    const calls: string[] = [];
    platform.stores.world.beforeCall = (call) => void calls.push(call);

    await platform.accept(queued(1));

    expect(await stateOf(platform)).toEqual(['covered', undefined]);
    const ofControllers = calls.filter((call) => call.includes('controllers') || call.includes('Admission'));
    expect(ofControllers).toEqual([]);
  });

  it('evaluates rules for at most half a second at a time', async () => {
    const platform = await givenControlled(givenRules({}, 'false'));
    await platform.jobs.insert(givenJobs(5, { repositoryId: 7 }));
    const { now } = platform.clock;
    const line = async () => ({
      tenant: (await platform.tenants.get(acme))!,
      tier: givenTier(),
      waiting: await platform.jobs.listWaiting(acme, small, 10),
      group: undefined,
    });
    const decided = async () =>
      platform.stores.world.allJobs().filter(({ admission }) => admission !== undefined).length;
    let passed = 0;
    // Each rule takes 200 ms.
    const ticking = () => {
      passed += 200;
      return now() + passed;
    };
    const clock = { ...platform.clock, now: ticking };
    expect(await decideWaiting({ ...platform, clock }, await line())).toMatchObject({ isCut: true });
    expect(await decided()).toBe(3);
    expect(await decideWaiting({ ...platform, clock }, await line())).toMatchObject({ isCut: false });
    expect(await decided()).toBe(5);
  });

  it.each([
    { milliseconds: 100, jobs: 40, each: 5 },
    { milliseconds: 600, jobs: 60, each: 1 },
  ])(
    'continues with one poke for each run, though rules take $milliseconds ms, until all jobs have machines',
    async ({ milliseconds, jobs, each }) => {
      const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: jobs })] });
      await putControllers(platform.controllers, givenRules({}, 'false'));
      await platform.jobs.insert(givenJobs(jobs, { repositoryId: 7 }));
      let judged = 0;
      const loadRules = async () => {
        const rules = await platform.loadRules();
        const judge: typeof rules.judge = (...given) => {
          judged += 1;
          platform.clock.advance(milliseconds);
          return rules.judge(...given);
        };
        return { ...rules, judge };
      };
      const run = async () => {
        const [poke] = platform.queues.tiers.splice(0);
        const body = JSON.stringify(poke?.message ?? { kind: 'poke', installationId: acme, tier: small });
        const before = judged;
        await acceptJobs({ ...platform, loadRules }, [{ id: 'm-1', body }]);
        return { judged: judged - before, pokes: platform.queues.tiers.length };
      };
      const runs = [await run()];
      while (platform.queues.tiers.length > 0 && runs.length < 70) runs.push(await run());
      expect(runs.slice(0, -1)).toEqual(
        Array.from({ length: runs.length - 1 }, () => ({ judged: each, pokes: 1 })),
      );
      expect([judged, runs.at(-1)?.pokes]).toEqual([jobs, 0]);
      expect(platform.liveMachines()).toHaveLength(jobs);
    },
  );

  it('refuses what a rule rejects, with its reason, and buys nothing', async () => {
    const platform = await givenControlled(givenRules({}, notApp));
    await platform.accept(queued(1));
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'done', outcome: 'refused' });
    expect(job?.reason).toMatchObject({
      code: 'controller-rejected',
      text: 'The admission controller ctl_1 rejected the job: rule 1',
    });
    expect(platform.liveMachines()).toEqual([]);
    expect(await decisionsOf(platform)).toMatchObject([
      { outcome: 'rejected', epoch: 1, gate: 'queue', votes: [{ vote: 'reject', enforced: true }] },
    ]);
    expect(platform.telemetry.total('AdmissionDryRuns')).toBe(0);
  });

  it('still evaluates rules of earlier versions that have more steps than one job’s may have now', async () => {
    // None of them rejects one of these jobs.
    const dear = [5, 6, 7, 8].map((n) => dearestRules['to evaluate']!(n));
    const known = dear.map((one) => one.replace('run.ref', 'repository.name'));
    const platform = await givenControlled(givenRules({ onFailure: 'admit' }, ...known, notApp));
    await platform.accept(queued(1), queued(2, 'acme/web'));
    expect(await stateOf(platform, 1)).toEqual(['done', 'controller-rejected']);
    expect(await stateOf(platform, 2)).toEqual(['covered', 'admitted']);
  });

  it('runs the jobs that all controllers admit, and delays none because another is rejected', async () => {
    const platform = await givenControlled(givenRules({}, 'false'), givenRules({ id: 'ctl_2' }, notApp));
    await platform.accept(queued(1), queued(2, 'acme/web'));
    expect(await stateOf(platform, 1)).toEqual(['done', 'controller-rejected']);
    expect(await stateOf(platform, 2)).toEqual(['covered', 'admitted']);
    expect(platform.liveMachines()).toHaveLength(1);
    expect(await decisionsOf(platform, 2)).toMatchObject([
      { outcome: 'admitted', votes: [{ vote: 'admit' }, { vote: 'admit' }] },
    ]);
  });

  it('asks about a job once, however often its line is read', async () => {
    const platform = await givenControlled(givenRules({}, 'false'));
    await platform.accept(queued(1), queued(2), queued(3), queued(4), queued(5), queued(6));
    await platform.deliverPokes();
    await platform.sweep();
    await platform.deliverPokes();
    expect(await stateOf(platform, 6)).toEqual(['waiting', 'tenant-limit']);
    for (const n of [1, 6]) expect(await decisionsOf(platform, n)).toHaveLength(1);
  });

  it('names the first rule that is true, of the first controller, after one that cannot be evaluated', async () => {
    const failing = '1 / (job.id - 1) == 1';
    const second = givenRules({ id: 'ctl_2' }, 'true');
    const first = givenRules({ onFailure: 'admit' }, 'false', failing, notApp, 'true');
    const platform = await givenControlled(second, first);
    await platform.accept(queued(1));
    expect((await platform.job(1))?.reason?.text).toBe(
      'The admission controller ctl_1 rejected the job: rule 3',
    );
    expect(await decisionsOf(platform)).toMatchObject([
      {
        votes: [
          { controllerId: 'ctl_1', vote: 'reject' },
          { controllerId: 'ctl_2', vote: 'reject' },
        ],
      },
    ]);
  });

  it('records dry-run votes, and does not obey them', async () => {
    const platform = await givenControlled(givenRules({ state: 'dry_run' }, notApp));
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(await decisionsOf(platform)).toMatchObject([{ votes: [{ vote: 'reject', enforced: false }] }]);
    expect(platform.telemetry.total('AdmissionDryRuns', { kind: 'queue', outcome: 'reject' })).toBe(1);
  });

  it.each([
    ['an exempt repository', { exemptRepositories: [7] }, [{ vote: 'exempt' }]],
    ['a job that its match leaves out', { match: 'repository.id != 7' }, []],
    ['a job outside its scopes', { scopes: [givenScope({ kind: 'repository', repositoryId: 8 })] }, []],
  ])('does not judge %s', async (_, over, votes) => {
    const platform = await givenControlled(givenRules(over, 'true'));
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(await decisionsOf(platform)).toMatchObject([{ votes }]);
  });

  it.each([
    ['reject', ['done', 'controller-unavailable'], 'unavailable'],
    ['admit', ['covered', 'failed-open'], 'failed-open'],
  ] as const)(
    'follows the failure policy %s if a rule cannot be evaluated',
    async (onFailure, state, outcome) => {
      const platform = await givenControlled(givenRules({ onFailure }, '1 / (job.id - 1) == 1'));
      await platform.accept(queued(1));
      expect(await stateOf(platform)).toEqual(state);
      expect(await decisionsOf(platform)).toMatchObject([{ outcome, votes: [{ vote: 'failed' }] }]);
    },
  );

  it.each([
    ['its match', { match: '1 / (job.id - 1) == 1' }, 'true', /^match: /],
    ['its rule', {}, '1 / (job.id - 1) == 1', /^rule 1: /],
  ])('names %s as what could not be evaluated', async (_, over, rule, named) => {
    const platform = await givenControlled(givenRules(over, rule));
    await platform.accept(queued(1));
    const [vote] = (await decisionsOf(platform)).flatMap(({ votes }) => votes);
    expect(vote).toMatchObject({ vote: 'failed', reason: expect.stringMatching(named) });
  });

  it('uses the operator’s own price list, if there is one', async () => {
    const deployment = { prices: { ...ownPrices, onDemand: { 't3.medium': 7_000_000 } } };
    const platform = await givenPlatform({ tenants: [givenTenant()], deployment });
    await putControllers(platform.controllers, givenRules({}, 'job.price_per_hour > 6.9'));
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
  });

  it('uses the price of the job’s own tier', async () => {
    const onDemand = { 't3.medium': 1_000_000, 't3.large': 7_000_000, 'm5.large': 7_000_000 };
    const deployment = { prices: { ...ownPrices, onDemand } };
    const platform = await givenPlatform({ tenants: [givenTenant()], deployment });
    await putControllers(platform.controllers, givenRules({}, 'job.price_per_hour > 6.9'));
    await platform.accept(queued(1), { ...queued(2), tier: medium, labels: ['self-hosted', 'medium'] });
    expect((await stateOf(platform, 1))[0]).toBe('covered');
    expect(await stateOf(platform, 2)).toEqual(['done', 'controller-rejected']);
  });

  it('records a failed-open decision before the job may start', async () => {
    const platform = await givenControlled(givenRules({ onFailure: 'admit' }, '1 / (job.id - 1) == 1'));
    platform.stores.world.failNext('controllers.recordDecisions', new Error('Gone.'));
    await platform.accept(queued(1)).catch(() => undefined);
    expect((await platform.job(1))?.admission).toBeUndefined();
    expect(platform.liveMachines()).toEqual([]);
  });

  it('decides again under a changed policy, even one that changes just before the leases are taken', async () => {
    const platform = await givenControlled(givenRules({}, 'false'));
    let changes = 0;
    platform.stores.world.beforeCall = async (call) => {
      if (call !== 'launches.take' || changes++ > 0) return;
      await putControllers(platform.controllers, givenRules({}, 'true'));
    };
    await platform.accept(queued(1));
    expect(changes).toBe(1);
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
    expect(platform.liveMachines()).toEqual([]);
    // What was said under the first one let nothing happen.
    expect((await decisionsOf(platform)).map(({ epoch }) => epoch)).toEqual([2]);
  });

  it('gives no machine at the claim to a job that was admitted under an earlier policy', async () => {
    const platform = await givenControlled(givenRules({}, 'false'));
    await platform.accept(queued(1));
    await putControllers(platform.controllers, givenRules({}, 'true'));
    const [machine] = platform.liveMachines();
    expect(await platform.claim(InstanceId(machine!))).toMatchObject({ action: 'stand-down' });
    expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
    platform.clock.advance(61_000);
    await platform.sweep();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
  });

  it('lets a tenant that locked itself out disable its controller', async () => {
    const platform = await givenControlled(givenRules({}, 'true'));
    await platform.accept(queued(1));
    await putControllers(platform.controllers, givenRules({ state: 'disabled' }, 'true'));
    await platform.accept(queued(2));
    expect(await stateOf(platform, 2)).toEqual(['covered', undefined]);
  });
});
