/** A balance of one line: when it looks again, when it waits for other copies, and what it leaves in line. */
import { describe, expect, it } from '@jest/globals';
import { takePlanningTurn } from '../../lib/app/scale-up/planning-turn.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { LaunchPace } from '../../lib/core/launch-pace.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const poke = { kind: 'poke', installationId: acme, tier: small } as const;
const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId), queuedAt: noon + jobId });
const row = (jobId: number, code: ReasonCode = 'tenant-limit', over: Partial<Job> = {}) =>
  givenJob({ jobId: JobId(jobId), queuedAt: noon + jobId, reason: reason(code, ''), ...over });
const many = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
const roomFor = (ofTenant: number, ofTier = ofTenant, over = {}) =>
  givenPlatform({
    tenants: [givenTenant({ maxRunners: ofTenant, tierLimits: new Map([[small, ofTier]]) })],
    deployment: { tiers: [givenTier({ maxRunners: ofTier, ...over })] },
  });
const states = async (platform: Platform, ids: readonly number[]) =>
  new Set(await Promise.all(ids.map(async (id) => (await platform.job(id))?.state)));
const pokes = ({ queues }: Platform) => queues.tiers.map(({ message }) => message.installationId);

describe('a balance', () => {
  it.each(
    nonEmpty([
      ['tenant', 2, 9],
      ['tier', 9, 2],
    ] as const),
  )(
    'looks again if a lease of the %s may have come free as it took the last one',
    async (_, ofTenant, ofTier) => {
      const platform = await roomFor(ofTenant, ofTier);
      await platform.accept(queued(9));
      const [machine] = platform.liveMachines();
      await platform.stores.jobs.insert([row(1), row(2)]);
      const { world } = platform.stores;
      world.beforeCall = async (call) => {
        if (call !== 'launches.take') return;
        world.beforeCall = undefined;
        await platform.machineEnds(machine!);
      };
      await platform.accept(poke);
      expect(await states(platform, [1, 2])).toEqual(new Set(['covered']));
      await expectBalanced(platform);
    },
  );

  it('has GitHub asked about no installation that has a tenant', async () => {
    const platform = await roomFor(0);
    await platform.stores.jobs.insert([row(1, 'queued', { acceptedAt: noon - 3_600_000 })]);
    await platform.accept(poke);
    expect(platform.queues.installations).toEqual([]);
  });

  it('leaves a cap’s line if no job waits, and moves back in it for each machine', async () => {
    const platform = await roomFor(9, 9, { capOverAllTenants: 1 });
    const line = () => platform.stores.world.rows.lines.get('tier/small') ?? [];
    const stood = { installationId: acme, tier: small, weight: 1, since: noon };
    platform.stores.world.rows.lines.set('tier/small', [stood]);
    await platform.accept(poke);
    expect(line()).toEqual([]);
    await platform.stores.jobs.insert([row(1), row(2)]);
    await platform.accept(poke);
    expect(line()).toMatchObject([{ installationId: acme }]);
    expect(line()[0]!.since).toBeGreaterThan(noon);
  });
});

describe('a balance of new jobs', () => {
  it('waits for no other copy if the jobs before them are not new', async () => {
    const platform = await roomFor(9);
    await platform.stores.jobs.insert([row(1)]);
    await platform.accept(queued(2));
    expect(await states(platform, [1, 2])).toEqual(new Set(['covered']));
    expect(platform.clock.now()).toBe(noon);
  });

  it('plans for another copy, too, whose new job is far back in the line', async () => {
    const platform = await roomFor(20);
    await platform.stores.jobs.insert([...many(10).map((id) => row(id)), row(11, 'queued')]);
    await platform.accept(queued(12));
    expect(await states(platform, many(12))).toEqual(new Set(['covered']));
    expect(platform.clock.now()).toBe(noon + 50);
    await expectBalanced(platform);
  });

  it.each<ReasonCode>(['queued', 'tenant-limit'])(
    'is left to the copy whose turn it is, without a poke or a wait; a job before them waits for: %s',
    async (code) => {
      const platform = await roomFor(9);
      await platform.stores.jobs.insert([row(1, code), row(3, code)]);
      expect(await takePlanningTurn(platform, { installationId: acme, tier: small })).toBeDefined();
      platform.launches.take = async ({ tenant }) => ({ kind: 'tenant-changed', tenant });
      await platform.accept(queued(2));
      expect(platform.compute.requests).toEqual([]);
      expect(pokes(platform)).toEqual([]);
      expect(platform.clock.now()).toBe(noon);
      expect([...platform.notes.all.values()].map(({ value }) => value)).toEqual([{ wanted: true }]);
    },
  );
});

describe('a balance while EC2 throttles', () => {
  const at = (milliseconds: number) => ({ at: noon + milliseconds, calledAt: noon + milliseconds });
  const turns = { [`${acme}/small`]: at(0), '7/small': at(60_000) };
  async function givenPace() {
    const platform = await roomFor(9);
    await platform.stores.jobs.insert([row(1)]);
    const late = { lineEndsAt: noon, slowedAt: noon - 1_000 };
    const value = { callsPerSecond: 1, turns, nextCallAt: noon + 1_500, ...late };
    await platform.notes.write('launch-pace', { value, expiresAt: noon + 3_600_000 });
    const nextCallAt = () =>
      (platform.notes.all.get('launch-pace')?.value as LaunchPace | undefined)?.nextCallAt;
    return { platform, nextCallAt };
  }

  it('calls EC2 in its turn, and wakes the next in line if EC2 accepts', async () => {
    const { platform } = await givenPace();
    await platform.accept(poke);
    expect(platform.compute.requests).toHaveLength(1);
    expect(platform.clock.now()).toBe(noon + 1_500);
    expect(pokes(platform)).toEqual([InstallationId(7)]);
  });

  it('uses one turn, though another copy was faster with the tenant and it plans again', async () => {
    const { platform, nextCallAt } = await givenPace();
    const { take } = platform.launches;
    const called: unknown[] = [];
    platform.launches.take = async (taking) => {
      called.push(nextCallAt());
      return called.length === 1 ? { kind: 'tenant-changed', tenant: taking.tenant } : take(taking);
    };
    await platform.accept(poke);
    expect(platform.compute.requests).toHaveLength(1);
    expect(called).toEqual([noon + 2_500, noon + 2_500]);
  });
});
