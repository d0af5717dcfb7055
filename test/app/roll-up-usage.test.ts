/** The sums of past days: complete, the same whoever dies where, and made again when late words have come. */
import { describe, expect, it } from '@jest/globals';
import { rollUpUsage } from '../../lib/app/reconciler/roll-up-usage.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { sumUp, together } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { givenDeployment, noon } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const day = '2026-11-21';
const hour = 3_600_000;
const dayMilliseconds = 24 * hour;
const deployment = givenDeployment();
const { bootSeconds, idleSeconds, jobSeconds } = deployment.limits;
const complete =
  Date.parse(day) + dayMilliseconds + (bootSeconds + idleSeconds + jobSeconds) * 1000 + 3 * hour;

function givenRecord(n: number, tenant: number, repository?: string): UsageRecord {
  const instanceId = InstanceId(`i-${n}`);
  const runner = givenRunner({ instanceId, installationId: InstallationId(tenant), launchedAt: noon });
  const job = repository === undefined ? undefined : { jobId: JobId(n), repository };
  const priced = { ...runner, rates: { list: '2026-07-20', compute: 36_000, disk: 730, address: 3_600 } };
  return usageOf({ runner: priced, reason: 'job-completed', endedAt: noon + n * 1000, job });
}

async function givenBooks(records: readonly UsageRecord[], now = complete) {
  const stores = createMemoryStores();
  await stores.usage.record(records);
  const clock = createMemoryClock(now);
  const deps = { deployment, usage: stores.books, telemetry: createMemoryTelemetry(), clock };
  const { rows } = stores.world;
  const sums = () => [...rows.usageSums.values()].flat();
  return { stores, clock, deps, sums, progress: () => rows.rollUps.get(day) };
}

const records = [
  ...[givenRecord(100, 101, 'acme/app'), givenRecord(200, 101, 'acme/app'), givenRecord(300, 101)],
  givenRecord(400, 102, 'globex/app'),
];

describe('the sums of a day', () => {
  it('are what its records come to, by tenant, tier, repository and workflow', async () => {
    const { deps, sums, progress } = await givenBooks(records);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(records));
    expect(sums().map(({ installationId, work, machines }) => [installationId, work, machines])).toEqual([
      [101, { repository: 'acme/app' }, 2],
      [101, undefined, 1],
      [102, { repository: 'globex/app' }, 1],
    ]);
    expect(progress()).toEqual({ finished: 1 });
  });

  it('are not made while a machine of the day may be alive', async () => {
    const { deps, sums, progress } = await givenBooks(records, complete - 1);
    await rollUpUsage(deps);
    expect([sums(), progress()]).toEqual([[], undefined]);
  });

  it('are made once more when late words on its jobs have come, and never again', async () => {
    const { deps, stores, clock, sums, progress } = await givenBooks(records);
    await rollUpUsage(deps);
    await stores.usage.addJob(records[2]!, {
      jobId: JobId(300),
      repository: 'acme/app',
      conclusion: 'cancelled',
    });
    clock.advance(3 * dayMilliseconds - 1);
    await rollUpUsage(deps);
    expect(sums()).toHaveLength(3);
    clock.advance(1);
    await rollUpUsage(deps);
    expect(sums().map(({ jobs, waste }) => [jobs, waste.cancelled.machines])).toEqual([
      [3, 1],
      [1, 0],
    ]);
    expect(progress()).toEqual({ finished: 2 });
    stores.world.rows.usage.clear();
    clock.advance(dayMilliseconds);
    await rollUpUsage(deps);
    expect(sums()).toHaveLength(2);
  });

  it('go on in the next visit where one has no time left', async () => {
    const { deps, clock, stores, sums, progress } = await givenBooks(records);
    stores.world.afterCall = (call) => {
      if (call === 'books.write') clock.advance(hour);
    };
    await rollUpUsage(deps);
    expect([sums().length, progress()]).toEqual([2, { finished: 0, after: 101 }]);
    await rollUpUsage(deps);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(records));
    expect(progress()).toEqual({ finished: 1 });
  });

  it('are the same wherever their maker dies, before or after any write', async () => {
    const many = Array.from({ length: 250 }, (_, n) => givenRecord(n, 100 + (n % 130), 'acme/app'));
    const whole = await givenBooks(many);
    await rollUpUsage(whole.deps);
    let calls = 0;
    for (let dies = 1; dies <= 12; dies += 1) {
      const { deps, stores, sums, progress } = await givenBooks(many);
      calls = 0;
      const die = () => {
        calls += 1;
        if (calls === dies * 23) throw new Error('killed');
      };
      stores.world.beforeCall = die;
      stores.world.afterCall = die;
      await rollUpUsage(deps).catch(() => undefined);
      await rollUpUsage(deps);
      expect(sums()).toEqual(whole.sums());
      expect(progress()).toEqual({ finished: 1 });
    }
    expect(calls).toBeGreaterThan(12 * 23);
  });

  it('are finished by one of two that make them at the same time', async () => {
    const { deps, sums, progress } = await givenBooks(records);
    await Promise.all([rollUpUsage(deps), rollUpUsage(deps)]);
    expect(sums()).toEqual(sumUp(records));
    expect(progress()).toEqual({ finished: 1 });
  });

  it('are the same of a tenant whose records do not fit into memory at once', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => givenRecord(n, 101, `acme/app-${n % 3}`));
    const { deps, sums } = await givenBooks(many);
    await rollUpUsage(deps);
    expect(sums()).toEqual(sumUp(many));
  });

  it('lose no amount, however many repositories a tenant has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1100 }), async (count) => {
        const many = Array.from({ length: count }, (_, n) => givenRecord(n, 101, `acme/app-${n}`));
        const { deps, sums } = await givenBooks(many);
        await rollUpUsage(deps);
        expect(sums().length).toBeLessThanOrEqual(1_000);
        expect(together(sums())).toEqual(together(sumUp(many)));
      }),
      { numRuns: 4 },
    );
  });
});
