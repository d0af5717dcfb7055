/**
 * What one run of scale-up does: it accepts the batch that it was given, and while EC2 works on its requests, it
 * receives further messages from the same queue and accepts them in the same way. EC2 takes most of a second for a
 * call, and a queue has few copies: without this a burst would wait for idle copies. It deletes such a message once
 * it is accepted; if the run dies, or cannot delete it, it is delivered again, as any message may be. A process
 * that gets one message at a time and keeps finding nothing looks rarely, since each look is a call: a burst finds
 * other copies, too.
 */
import type { TierName } from '../../core/ids.ts';
import type { Arrival, Arrivals } from '../../ports/arrivals.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Delivery } from '../common/batch.ts';
import {
  arrivalsMilliseconds,
  looksAfterMessages,
  looksInVain,
  takesMoreWithinMilliseconds,
} from '../common/settings.ts';
import { acceptJobs } from './accept-jobs.ts';
import type { BalanceDeps } from './balance-deps.ts';

export interface AcceptDeps extends BalanceDeps {
  readonly arrivals: Arrivals;
}

/** SQS's own limit. */
const fullBatch = 10;

/** One launch serves all of a tenant's jobs. Taking more would keep them from other copies while this one's calls go on. */
const mostTaken = 90;

/** Each costs a run's only processor a launch of its own: more of them are better spread over copies. */
const mostTenants = 10;

/** @returns the ids of those messages that it was given that must be delivered again */
export async function acceptArrivals(deps: AcceptDeps, deliveries: readonly Delivery[]): Promise<string[]> {
  const endsAt = deps.clock.now() + takesMoreWithinMilliseconds;
  const first = accept(deps, deliveries);
  const tier = await first.waitsForEc2;
  if (tier === undefined || !isWorthALook(deps.arrivals, deliveries.length)) return first.failed;
  const others: Promise<void>[] = [];
  while (deps.clock.now() < endsAt) {
    // Copies that began at the same moment look one after the other: the first takes all, for one launch.
    await deps.clock.sleep(arrivalsMilliseconds * (0.5 + 1.5 * deps.chance.fraction()));
    const taken = await takeMore(deps, tier);
    if (taken.length === 0) break;
    lookedInVain.delete(deps.arrivals);
    const next = accept(deps, taken);
    others.push(next.failed.then((failed) => letGo(deps, { tier, taken, failed })));
    // The next ones are received when these are stored: no other copy can work on messages that this one has.
    await next.waitsForEc2;
  }
  await Promise.all(others);
  return first.failed;
}

/** By queue, in this process: how many messages in a row came alone, with nothing else in the queue. */
const lookedInVain = new WeakMap<Arrivals, number>();

function isWorthALook(arrivals: Arrivals, handed: number): boolean {
  const alone = handed > 1 ? 0 : (lookedInVain.get(arrivals) ?? 0);
  lookedInVain.set(arrivals, handed > 1 ? 0 : alone + 1);
  return alone < looksInVain || alone % looksAfterMessages === 0;
}

interface Accepting {
  readonly failed: Promise<string[]>;
  /** The tier, as soon as EC2 has been called; undefined: everything is done, and EC2 was not called. */
  readonly waitsForEc2: Promise<TierName | undefined>;
}

function accept(deps: BalanceDeps, deliveries: readonly Delivery[]): Accepting {
  const { promise: asked, resolve } = Promise.withResolvers<TierName>();
  const failed = acceptJobs(deps, deliveries, resolve);
  return { failed, waitsForEc2: Promise.race([asked, failed.then(() => undefined)]) };
}

/** Messages that cannot be taken are left to the copies that are given them. */
async function takeMore(deps: AcceptDeps, tier: TierName): Promise<readonly Arrival[]> {
  const taken: Arrival[] = [];
  try {
    for (;;) {
      const some = await deps.arrivals.take(tier);
      taken.push(...some);
      const isAll = some.length < fullBatch;
      if (isAll || taken.length >= mostTaken || tenantsOf(taken) > mostTenants) return taken;
    }
  } catch (error) {
    tellOf(deps, error, { tier });
    return taken;
  }
}

/** The parser reports an unknown body. */
const tenantsOf = (taken: readonly Arrival[]) =>
  new Set(taken.map(({ body }) => /"installationId":\d+/.exec(body)?.[0])).size;

async function letGo(
  deps: AcceptDeps,
  of: { tier: TierName; taken: readonly Arrival[]; failed: readonly string[] },
): Promise<void> {
  const { tier, taken, failed } = of;
  const done = taken.filter(({ id }) => !failed.includes(id));
  const calls = Array.from({ length: Math.ceil(done.length / fullBatch) }, async (_, n) => {
    const some = done.slice(n * fullBatch, (n + 1) * fullBatch);
    try {
      await deps.arrivals.done(tier, some);
    } catch (error) {
      tellOf(deps, error, { tier, messages: some.map(({ id }) => id) });
    }
  });
  await Promise.all(calls);
}

function tellOf(deps: AcceptDeps, error: unknown, about: Readonly<Record<string, unknown>>): void {
  if (!(error instanceof OperationalError)) throw error;
  deps.telemetry.event('warn', 'queue-failed', { ...about, error: error.message });
}
