/**
 * What one run of scale-up does: it accepts the batch that it was handed, and while EC2 works on what it asked for, it takes
 * further messages from the same queue and accepts them in the same way. EC2 takes most of a second for a call, and a queue
 * has few copies: without this a burst would wait for copies that do nothing. A message that it took is deleted once it is
 * accepted; where the run dies, or cannot delete it, it comes again, as any message may.
 */
import type { TierName } from '../../core/ids.ts';
import type { Arrival, Arrivals } from '../../ports/arrivals.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Delivery } from '../common/batch.ts';
import { takesMoreWithinMilliseconds } from '../common/settings.ts';
import { acceptJobs } from './accept-jobs.ts';
import type { BalanceDeps } from './balance-deps.ts';

export interface AcceptDeps extends BalanceDeps {
  readonly arrivals: Arrivals;
}

/** One alone is no burst, and the queue is as a rule empty behind it. */
const leastOfABurst = 2;

/** @returns the ids of the messages to deliver again, of those that it was handed */
export async function acceptArrivals(deps: AcceptDeps, deliveries: readonly Delivery[]): Promise<string[]> {
  const endsAt = deps.clock.now() + takesMoreWithinMilliseconds;
  const first = accept(deps, deliveries);
  const tier = await first.waitsForEc2;
  if (tier === undefined || deliveries.length < leastOfABurst) return first.failed;
  const others: Promise<void>[] = [];
  while (deps.clock.now() < endsAt) {
    const taken = await takeMore(deps, tier);
    if (taken.length === 0) break;
    const next = accept(deps, taken);
    others.push(next.failed.then((failed) => letGo(deps, { tier, taken, failed })));
    // The next ones are taken when these are written down: what a copy has taken, no other one can work on.
    await next.waitsForEc2;
  }
  await Promise.all(others);
  return first.failed;
}

interface Accepting {
  readonly failed: Promise<string[]>;
  /** The tier, as soon as EC2 has been asked for something; undefined: all is done, and nothing was asked for. */
  readonly waitsForEc2: Promise<TierName | undefined>;
}

function accept(deps: BalanceDeps, deliveries: readonly Delivery[]): Accepting {
  const { promise: asked, resolve } = Promise.withResolvers<TierName>();
  const failed = acceptJobs(deps, deliveries, resolve);
  return { failed, waitsForEc2: Promise.race([asked, failed.then(() => undefined)]) };
}

/** Whatever cannot be taken is left to the copies that are handed it. */
async function takeMore(deps: AcceptDeps, tier: TierName): Promise<readonly Arrival[]> {
  try {
    return await deps.arrivals.take(tier);
  } catch (error) {
    return tellOf(deps, error, { tier }) ?? [];
  }
}

async function letGo(
  deps: AcceptDeps,
  of: { tier: TierName; taken: readonly Arrival[]; failed: readonly string[] },
): Promise<void> {
  const { tier, taken, failed } = of;
  try {
    await deps.arrivals.done(
      tier,
      taken.filter(({ id }) => !failed.includes(id)),
    );
  } catch (error) {
    tellOf(deps, error, { tier, messages: taken.map(({ id }) => id) });
  }
}

function tellOf(deps: AcceptDeps, error: unknown, about: Readonly<Record<string, unknown>>): undefined {
  if (!(error instanceof OperationalError)) throw error;
  deps.telemetry.event('warn', 'queue-failed', { ...about, error: error.message });
}
