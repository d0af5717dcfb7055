/** A tenant with spend caps, whose machines cost the same each. */

import { JobId } from '../../lib/core/ids.ts';
import { totalOf } from '../../lib/core/price.ts';
import type { SpendCaps } from '../../lib/core/spend-counts.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from './given.ts';
import { givenPlatform } from './platform.ts';

/** Of a small machine, in the world of these tests. */
export const hourly = 41_600 + 2 * 50_000 * 0.4 + 3_288 + 5_000;
export const longest = Math.ceil((hourly * (600 + 120 + 21_600 + 180)) / 3600) + 4;
export const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId), queuedAt: noon + jobId });
export const queuedTo = (count: number) => Array.from({ length: count }, (_, n) => queued(n + 1));
export const [month, today] = ['2026-11', '2026-11-21'];

export async function givenCapped(caps: SpendCaps, over: { overSpend?: 'refuse'; types?: string[] } = {}) {
  const platform = await givenPlatform({
    tenants: [givenTenant({ maxRunners: 50, caps })],
    deployment: {
      tiers: [givenTier({ maxRunners: 50, ...(over.types ? { instanceTypes: over.types } : {}) })],
      caps: {
        waitingJobsPerTenant: 1000,
        launchesPerMinutePerTenant: 600,
        ...(over.overSpend ? { overSpend: over.overSpend } : {}),
      },
    },
  });
  return {
    ...platform,
    spent: async (period = month) => (await platform.stores.tenants.get(acme))?.spent?.get(period) ?? 0,
    /** Each of them has run its job. */
    endAll: async (seconds: number) => {
      platform.clock.advance(seconds * 1000);
      const ended = platform.stores.world.allRunners().filter(({ state }) => state !== 'ended');
      for (const { instanceId, plannedJob: jobId } of ended)
        await platform.follow(
          givenEvent({ action: 'completed', jobId, runnerName: instanceId, conclusion: 'success' }),
        );
    },
    recorded: () =>
      [...platform.stores.world.rows.usage.values()].reduce((sum, { cost }) => sum + totalOf(cost), 0),
  };
}
export type Capped = Awaited<ReturnType<typeof givenCapped>>;
export const reasonOf = async (platform: Capped, jobId: number) => (await platform.job(jobId))?.reason;
