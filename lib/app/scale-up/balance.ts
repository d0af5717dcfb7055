/**
 * Gives a lease each to as many of a tenant's oldest waiting jobs in a tier as there is room for, and launches their
 * machines. It may run any number of times, anywhere at once: the transaction in `LaunchStore.take` keeps the limits. A
 * loser plans again from the new state, a bounded number of times, and then leaves it to a poke.
 */
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Tier } from '../../core/tier.ts';
import { maxRounds, roundsWithinMilliseconds } from '../common/settings.ts';
import { carryOutLaunch, type PlannedLaunch } from '../launch/carry-out-launch.ts';
import type { Lesson } from '../launch/scarcity.ts';
import type { BalanceDeps } from './balance-deps.ts';
import { type Judging, pokeIfCut } from './decide-in-time.ts';
import { takeLeasesInTurn } from './take-leases.ts';

/**
 * @param place.own new jobs, if others may be arriving elsewhere at the same time
 * @param place.served machines that this run has already taken for the place
 * @param place.startedAt when the run began with the place, if not now: it ends within its function's time
 * @param place.asking called as EC2 is called for machines
 * @throws OperationalError; whatever was taken by then has its row, and the sweep resumes it
 */
export async function balance(
  deps: BalanceDeps,
  place: {
    installationId: InstallationId;
    tier: TierName;
    own?: ReadonlySet<JobId>;
    served?: number;
    startedAt?: number;
    asking?: (tier: TierName) => void;
  },
): Promise<void> {
  const { tier: tierName, startedAt = deps.clock.now(), ...options } = place;
  const { installationId } = options;
  const tier = deps.deployment.tiers.find(({ name }) => name === tierName);
  if (!tier) {
    deps.telemetry.event('warn', 'balance-unknown-tier', { installationId, tier: tierName });
    return;
  }
  const judging: Judging = { isCut: false };
  for (let round = 1; round <= maxRounds; round++) {
    const served = round === 1 ? (options.served ?? 0) : 0;
    const turnsElsewhere = await balanceOnce(deps, { ...options, tier, served, judging });
    // Another pool may have what one lacked, especially on demand what spot lacked.
    if (!turnsElsewhere || deps.clock.now() > startedAt + roundsWithinMilliseconds) break;
  }
  await pokeIfCut(deps, judging, { installationId, tier });
}

/** @returns whether EC2 reported closed pools, so that others are worth a try */
async function balanceOnce(
  deps: BalanceDeps,
  options: {
    installationId: InstallationId;
    tier: Tier;
    own?: ReadonlySet<JobId>;
    served?: number;
    asking?: (tier: TierName) => void;
    judging: Judging;
  },
): Promise<boolean> {
  const { asking, ...place } = options;
  const underWay: Promise<PromiseSettledResult<Lesson>>[] = [];
  // EC2 takes most of a second: it is called as soon as leases are taken, while the line is looked at further.
  const launch = (planned: PlannedLaunch) => {
    underWay.push(settled(carryOutLaunch(deps, planned)));
    asking?.(options.tier.name);
  };
  const planning = await settled(takeLeasesInTurn(deps, { ...place, launch }));
  const calling = await Promise.all(underWay);
  const failed = [...calling, planning].find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return calling.some((result) => result.status === 'fulfilled' && result.value.againNow);
}

async function settled<Result>(work: Promise<Result>): Promise<PromiseSettledResult<Result>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}
