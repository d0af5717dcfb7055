/**
 * Days of a tenant that always has more jobs than its daily cap allows: by how much the day costs more than the cap, and how
 * much of it is used. Room, expected costs and settlements are the platform's own; nothing here fails or is late.
 */
import { leaseCostOf, spendRoom } from '../../lib/app/common/lease-cost.ts';
import { dayOf } from '../../lib/core/days.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { lifeOf, rangesOfLives } from '../../lib/core/lives.ts';
import type { Micros } from '../../lib/core/micros.ts';
import { spentIn } from '../../lib/core/spend.ts';
import { spendBound } from '../../lib/core/spend-bound.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { countLeases } from '../fakes/lease-counts.ts';
import { createStoreWorld } from '../fakes/world.ts';
import { createRandom, type Random } from '../sim/random.ts';
import { givenDeployment, givenTenant, givenTier } from '../support/given.ts';

/** How long a job's machine lives, seconds. */
type Jobs = (random: Random) => number;

const evenly = (random: Random, from: number, to: number) => random.between(from, to);
const chance = (random: Random) => (random.between(0, 999_999) + 1) / 1_000_001;

export const mixes: Readonly<Record<string, Jobs>> = {
  'one to four minutes': (random) => evenly(random, 60, 240),
  'a minute to an hour': (random) => evenly(random, 60, 3_600),
  'one to five hours': (random) => evenly(random, 3_600, 17_600),
  'one to two minutes, every tenth five to six hours': (random) =>
    random.chance(0.1) ? evenly(random, 18_000, 21_600) : evenly(random, 60, 120),
  'two to six minutes, every hundredth four to six hours': (random) =>
    random.chance(0.01) ? evenly(random, 14_400, 21_600) : evenly(random, 120, 360),
  'exponential, 16 minutes on average': (random) => Math.min(21_600, 60 - Math.log(chance(random)) * 900),
  'Pareto 1.1, from a minute to six hours': (random) => Math.min(21_600, 60 * chance(random) ** (-1 / 1.1)),
};

export interface CappedDay {
  readonly jobs: Jobs;
  readonly seed: number;
  readonly machines: number;
  /** In hours of one machine. */
  readonly capHours: number;
  readonly strict: boolean;
  /** How many machines of the tenant have ended before. */
  readonly ended: number;
  /** Leases are taken by their expected cost alone: nothing is reserved for machines that live longer. */
  readonly reservesNothing?: boolean;
}

const midnight = Date.parse('2026-11-21T00:00:00Z');
const installationId = InstallationId(101);
const lookMilliseconds = 60_000;

/** @returns what the day cost, by its cap: 1.01 is 1% more; undefined: the cap was never reached */
export function simulateCappedDay(day: CappedDay): number | undefined {
  const { jobs, machines, strict, ended, reservesNothing = false } = day;
  const random = createRandom(day.seed);
  const tier = givenTier({ maxRunners: machines });
  const deployment = givenDeployment({ tiers: [tier] });
  const lives = new Array<number>(rangesOfLives).fill(0);
  const { ceiling } = leaseCostOf(deployment, givenTenant(), tier);
  const cap: Micros = Math.round(day.capHours * ceiling!);
  const tenant = givenTenant({ installationId, maxRunners: machines, caps: { day: cap, strict } });
  const { rows } = createStoreWorld();
  rows.tenants.set(installationId, { ...tenant, lives: new Map([[tier.name, lives]]) });
  const known = () => rows.tenants.get(installationId) as Tenant;
  const counted = { installationId, tier: tier.name };
  const settle = (running: Running) => {
    const seconds = (running.endsAt - running.launchedAt) / 1000;
    const cost = Math.ceil((ceiling! * seconds) / 3_600);
    const life = lifeOf(seconds);
    const { expected, launchedAt } = running;
    countLeases(rows, counted, -1, { launchedAt, change: cost - expected, expected, life });
  };
  for (let n = 0; n < ended; n++) lives[lifeOf(jobs(random))]! += 1;

  const roomAt = (now: number) => {
    const look = { tenant: known(), tier, now };
    if (!reservesNothing) return spendRoom(deployment, look)!.machines;
    const cost = leaseCostOf(deployment, known(), tier);
    return spendBound({ ...look, cost, place: { region: deployment.region }, refuses: false })!.machines;
  };

  let running: Running[] = [];
  let isReached = false;
  for (let now = midnight; dayOf(now) === dayOf(midnight); ) {
    const free = machines - running.length;
    const room = free === 0 ? 0 : Math.min(free, roomAt(now));
    isReached ||= room < free;
    const { expected } = leaseCostOf(deployment, known(), tier);
    for (let n = 0; n < room; n++) {
      countLeases(rows, counted, 1, { launchedAt: now, change: expected, expected });
      running.push({ launchedAt: now, endsAt: now + Math.round(jobs(random) * 1000), expected });
    }
    const next = Math.min(now + lookMilliseconds, ...running.map(({ endsAt }) => endsAt));
    now = Math.max(now + 1_000, next);
    for (const over of running.filter(({ endsAt }) => endsAt <= now)) settle(over);
    running = running.filter(({ endsAt }) => endsAt > now);
  }
  for (const over of running) settle(over);
  return isReached ? spentIn(known(), dayOf(midnight)) / cap : undefined;
}

interface Running {
  readonly launchedAt: number;
  readonly endsAt: number;
  readonly expected: Micros;
}
