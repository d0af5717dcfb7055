/**
 * Caps over all tenants: the rows that count their leases, and the line of tenants that wait for one. No tenant that can
 * use a lease waits behind one that cannot: a tenant that has no use for its turn leaves the line. shares.ts decides
 * whose turn is next.
 */
import type { InstallationId, TierName } from './ids.ts';
import type { Tenant } from './tenant.ts';
import { isSameTenantTier } from './tenant-tier.ts';
import type { Tier } from './tier.ts';

export interface SharedCap {
  /** `tier/<name>`, or `cell` for all tiers together. */
  readonly name: string;
  /** Absent: over all tiers. */
  readonly tier?: TierName;
  readonly machines: number;
}

export interface Waiter {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  /** Its relative share: 2 gets twice as much as 1. */
  readonly weight: number;
  /**
   * Its place in the round: the smallest is next. It begins behind those in the current round, or at the
   * current time if there is no line. Each machine advances it by a step, which is shorter for a greater
   * weight (`turnAfter`).
   */
  readonly since: number;
}

/**
 * A cap's leases are counted in several rows, so that no row is written more often than DynamoDB allows. Each row's bound
 * is its share of the cap, and all bounds together are the cap: however leases come and go between the rows, their total
 * never exceeds the cap.
 */
export interface CapRow {
  readonly key: string;
  /** Leases counted here. */
  readonly leases: number;
  /** Increases with each change, so that whoever counts rows can tell whether anything changed in between. */
  readonly changes: number;
}

/** How many leases a cap counts, row by row, and who waits under it. */
export interface CapUse {
  /** Including those of an earlier configuration that had more: their machines may still live. */
  readonly rows: readonly CapRow[];
  readonly waiters: readonly Waiter[];
  /** The most rows that the cap has had. Absent: never more than one. */
  readonly rowsEver?: number;
}

/** A row in which a launch is to count, and how many that row may count after it. */
export interface CapCharge {
  readonly row: string;
  readonly most: number;
}

/** Machines for each row: at one launch a minute for each machine, a row is written about 20 times a second. */
const machinesPerRow = 500;
/** All rows of a cap are read in one call, which takes 100. */
export const mostCapRows = 64;

export const capRowCount = ({ machines }: SharedCap) =>
  Math.min(mostCapRows, Math.max(1, Math.floor(machines / machinesPerRow)));

export const capRowKey = (cap: string, n: number) => `shared/${cap}/${n}`;

/** The cap's rows as this configuration has them, and what each may count. */
export function capRowBounds(cap: SharedCap, count = capRowCount(cap)): Map<string, number> {
  const least = Math.floor(cap.machines / count);
  const rest = cap.machines - least * count;
  return new Map(
    Array.from({ length: count }, (_, n) => [capRowKey(cap.name, n), least + (n < rest ? 1 : 0)]),
  );
}

export const leasesOf = (use: CapUse) => use.rows.reduce((sum, { leases }) => sum + leases, 0);

/** Every row that may count leases of the cap, and its bound today: none for rows of an earlier configuration only. */
export const capRowKeys = (cap: SharedCap, rowsEver = 0): string[] =>
  Array.from({ length: Math.max(capRowCount(cap), rowsEver) }, (_, n) => capRowKey(cap.name, n));

/**
 * The rows' bounds while some hold more than their share, because the cap was larger once or had other rows: the others
 * leave room for those, so that all together stay within the cap. No launch counts in a row above its bound, and the
 * other bounds only grow as its machines end, so a caller that read earlier uses a bound that is no higher.
 */
function boundsNow(cap: SharedCap, { rows }: CapUse): Map<string, number> {
  const counted = new Map(rows.map(({ key, leases }) => [key, leases]));
  const boundsAt = (machines: number) => capRowBounds({ ...cap, machines }, capRowCount(cap));
  const fits = (bounds: ReadonlyMap<string, number>) => {
    let reach = 0;
    for (const [key, bound] of bounds) reach += Math.max(counted.get(key) ?? 0, bound);
    for (const [key, leases] of counted) if (!bounds.has(key)) reach += Math.max(leases, 0);
    return reach <= cap.machines;
  };
  let [least, most] = [0, cap.machines];
  const whole = boundsAt(most);
  if (fits(whole)) return whole;
  // The largest total whose shares fit beside what is held.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(boundsAt(middle))) least = middle;
    else most = middle - 1;
  }
  return boundsAt(least);
}

/** The room of the row with the most room: a launch counts in one row. */
export const largestRoom = (cap: SharedCap, use: CapUse) =>
  Math.max(0, ...roomByRow(cap, use).map(({ room }) => room));

/**
 * A random row with room for all machines of the launch, so that concurrent launches rarely meet in one row.
 * @param fraction from 0 to less than 1
 */
export function capCharge(
  cap: SharedCap,
  use: CapUse,
  launch: { readonly machines: number; readonly fraction: number },
): CapCharge | undefined {
  const fitting = roomByRow(cap, use).filter(({ room }) => room >= launch.machines);
  const chosen = fitting[Math.floor(launch.fraction * fitting.length)];
  return chosen && { row: chosen.row, most: chosen.most };
}

function roomByRow(cap: SharedCap, use: CapUse): { row: string; most: number; room: number }[] {
  const counted = new Map(use.rows.map(({ key, leases }) => [key, leases]));
  return [...boundsNow(cap, use)].map(([row, most]) => ({ row, most, room: most - (counted.get(row) ?? 0) }));
}

/** The tighter cap first, so that a tenant waits at the cap that stops it. */
export function sharedCaps(tier: Tier, cellCap: number | undefined): SharedCap[] {
  const ofTier = tier.capOverAllTenants;
  return [
    ...(ofTier === undefined ? [] : [{ name: `tier/${tier.name}`, tier: tier.name, machines: ofTier }]),
    ...(cellCap === undefined ? [] : [{ name: 'cell', machines: cellCap }]),
  ];
}

/** What a tenant holds under a cap, by its own counts. */
export const heldUnder = (cap: SharedCap, { leases, tierLeases }: Pick<Tenant, 'leases' | 'tierLeases'>) =>
  cap.tier === undefined ? leases : (tierLeases.get(cap.tier) ?? 0);

/** The waiting tenants, including this one. */
export const withWaiter = (use: CapUse, me: Waiter): CapUse =>
  use.waiters.some((waiter) => isSameTenantTier(waiter, me))
    ? use
    : { ...use, waiters: [...use.waiters, { ...me, since: turnOnJoining(use.waiters, me) }] };

/** A machine advances a tenant of weight 1 by this much. */
const stepOfWeightOne = 1_000_000;
/**
 * However small its weight, a tenant's step is at most this many times the shortest in the line: that
 * bounds the wait.
 */
const longestStep = 20;

const stepOf = (waiters: readonly Waiter[], waiter: Waiter) =>
  boundedStep(waiter, shortestStep([...waiters, waiter]));

export const boundedStep = ({ weight }: Waiter, shortest: number) =>
  Math.min(stepOfWeight(weight), longestStep * shortest);

export const shortestStep = (waiters: readonly Waiter[]) =>
  Math.min(...waiters.map(({ weight }) => stepOfWeight(weight)));

function stepOfWeight(weight: number): number {
  const step = stepOfWeightOne / weight;
  return step < 1 ? 1 : step;
}

/** A waiter's place in the round after it was given these machines. */
export const turnAfter = (waiters: readonly Waiter[], waiter: Waiter, machines: number) =>
  waiter.since + machines * stepOf(waiters, waiter);

/**
 * A waiter after it was given these machines, and its tenant's other places in the line that move back with it: a tenant has
 * one turn, however many tiers it waits in, and each of them is served in turn.
 */
export function placesAfter(
  waiters: readonly Waiter[],
  waiter: Waiter,
  machines: number,
): [Waiter, ...Waiter[]] {
  const served = { ...waiter, since: turnAfter(waiters, waiter, machines) };
  if (machines === 0) return [served];
  const others = waiters
    .filter(({ installationId, tier }) => installationId === waiter.installationId && tier !== waiter.tier)
    .sort((one, other) => one.since - other.since)
    .map((other, n, { length }) => ({
      from: other.since,
      to: { ...other, since: served.since - length + n },
    }));
  return [served, ...others.flatMap(({ from, to }) => (to.since > from ? [to] : []))];
}

/** Behind everyone in the current round; a tenant that has just had its machine is in the next one. */
export function turnOnJoining(waiters: readonly Waiter[], me: Waiter): number {
  const others = waiters.filter((waiter) => !isSameTenantTier(waiter, me)).map(({ since }) => since);
  if (others.length === 0) return me.since;
  const roundEnds = Math.min(...others) + stepOf(waiters, me);
  return Math.max(...others.filter((since) => since < roundEnds)) + 1;
}

/** People edit weights by hand: anything but a positive number counts as 1. */
export const weightOf = (tenant: { readonly weight?: number }) =>
  tenant.weight !== undefined && tenant.weight > 0 ? tenant.weight : 1;
