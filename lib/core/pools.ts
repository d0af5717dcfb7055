/**
 * Which pools EC2 reported as empty, and which are left to try. A pool is one capacity type of one instance type in one zone.
 * A closed pool is not tried until it is due again: trying an empty pool costs a call, and delays the job by a second.
 *
 *   closing                  closes                                     for
 *   spot:t3.medium:us-east-1a  that pool: it is dry                     3 minutes
 *   the same                   that pool: AWS does not offer it         1 hour
 *   spot:small                 the tier's spot pools: a quota is used up  1 minute
 *   small                      the tier: its launches can never work      5 minutes
 */
import type { Tier } from './tier.ts';

export type Market = 'spot' | 'on-demand';

/** Where machines can be, and in which zone that is. */
export interface Subnet {
  readonly subnetId: string;
  readonly zone: string;
}

export type ClosingCause = 'capacity' | 'unoffered' | 'quota' | 'fatal';

export interface Closing {
  readonly cause: ClosingCause;
  /** EC2's own code. */
  readonly code: string;
  /** Epoch milliseconds; open again from then on. */
  readonly until: number;
}

/** By the names above. Expired closings are kept for a while: they show that EC2 was short. */
export type Closings = Readonly<Record<string, Closing>>;

export interface OpenPools {
  readonly kind: 'open';
  readonly market: Market;
  /** In the configured order: types first, then zones. */
  readonly pools: readonly { readonly instanceType: string; readonly subnetId: string }[];
}

/** Nothing may be requested before `until`. */
export interface ClosedTier extends Closing {
  readonly kind: 'closed';
}

export const poolSeconds = {
  capacity: 180,
  unoffered: 3_600,
  quota: 60,
  fatal: 300,
} as const satisfies Record<ClosingCause, number>;

export const poolName = (pool: { market: Market; instanceType: string; zone: string }) =>
  `${pool.market}:${pool.instanceType}:${pool.zone}`;
export const marketName = (market: Market, tier: Pick<Tier, 'name'>) => `${market}:${tier.name}`;

/** Spot first if the tier says so, and on demand as soon as no spot pool is open. */
export function openPools(
  tier: Tier,
  known: { subnets: readonly Subnet[]; closings: Closings; now: number },
): OpenPools | ClosedTier {
  const { closings, now } = known;
  const closed: Closing[] = [];
  const isOpen = (name: string) => {
    const closing = Object.hasOwn(closings, name) ? closings[name] : undefined;
    if (closing === undefined || closing.until <= now) return true;
    closed.push(closing);
    return false;
  };
  if (isOpen(tier.name)) {
    for (const market of marketsOf(tier)) {
      if (!isOpen(marketName(market, tier))) continue;
      const pools = allPools(tier, known.subnets).filter((pool) => isOpen(poolName({ market, ...pool })));
      if (pools.length > 0) {
        return {
          kind: 'open',
          market,
          pools: pools.map(({ instanceType, subnetId }) => ({ instanceType, subnetId })),
        };
      }
    }
  }
  return { kind: 'closed', ...soonest(closed) };
}

/** Whether every market of the tier was closed recently: machines are then shared among tenants. */
export function wasShort(tier: Tier, known: { subnets: readonly Subnet[]; closings: Closings }): boolean {
  const has = (name: string) =>
    Object.hasOwn(known.closings, name) && known.closings[name]?.cause !== 'fatal';
  return marketsOf(tier).every(
    (market) =>
      has(marketName(market, tier)) ||
      allPools(tier, known.subnets).every((pool) => has(poolName({ market, ...pool }))),
  );
}

const marketsOf = (tier: Tier): readonly Market[] => (tier.spot ? ['spot', 'on-demand'] : ['on-demand']);

function allPools(tier: Tier, subnets: readonly Subnet[]) {
  const own = subnets.filter(({ subnetId }) => tier.subnetIds?.includes(subnetId) ?? true);
  return tier.instanceTypes.flatMap((instanceType) => own.map((subnet) => ({ instanceType, ...subnet })));
}

/** The pool that opens first decides when to look again, and gives the reason to show. */
function soonest(closed: readonly Closing[]): Closing {
  const [first, ...others] = closed;
  if (!first) throw new Error('A tier without an instance type or without a subnet has no pools at all.');
  return others.reduce((best, next) => (next.until < best.until ? next : best), first);
}
