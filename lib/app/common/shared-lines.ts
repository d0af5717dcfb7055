/**
 * The lines of caps over all tenants: what they leave to a tenant, who joins and leaves them, and who is woken when leases
 * are freed. The transaction in `LaunchStore.take` enforces the caps; whose-turn.ts says who is next. No call is made if no
 * cap is configured.
 */
import type { Bound } from '../../core/balance-plan.ts';
import { type CapLine, freeUnder } from '../../core/cap-line.ts';
import type { TierName } from '../../core/ids.ts';
import { reason } from '../../core/reason.ts';
import {
  capRowCount,
  largestRoom,
  placesAfter,
  type SharedCap,
  turnOnJoining,
  type Waiter,
  weightOf,
} from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import { isSameTenantTier, parseTenantTier, type TenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import type { Tier } from '../../core/tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { Queues } from '../../ports/queues.ts';
import { isConfigured } from './configured-tier.ts';
import { readLine, type TurnDeps } from './read-lines.ts';
import { allCaps, capsOf } from './shared-caps.ts';
import { decidingLines, onTurn, shareOf, turnsIn, turnsThrough } from './whose-turn.ts';

export interface LineDeps extends TurnDeps {
  readonly launches: LaunchStore;
  readonly queues: Queues;
  readonly clock: Clock;
}

/**
 * The line is one row of 48 bytes a place, and each change of it costs as much as the whole row, of which DynamoDB writes
 * 1,000 KB a second. So it is bounded. The sweep pokes whoever has no place, and they may join again.
 */
const longestLine = 1_000;
/**
 * In a longer line, whoever gets a machine leaves, and in each minute only an eighth of all tenants may join. Otherwise those
 * who had a machine, and come back when its job ends, would take each place before the sweep pokes the others.
 */
const placesForEveryone = 750;
const groups = 8;

const mayJoin = (waiters: readonly Waiter[], joining: Waiter, now: number) =>
  waiters.length < placesForEveryone || (waiters.length < longestLine && mayJoinThisMinute(joining, now));

/**
 * Another eighth each minute, in no regular order: with very many waiting jobs the sweep pokes each tenant only every few
 * minutes. (The first steps of MurmurHash3.)
 */
function mayJoinThisMinute({ installationId }: Waiter, now: number): boolean {
  const mixed = Math.imul(installationId ^ Math.imul(Math.floor(now / 60_000), 0xcc9e2d51), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 7) % groups === 0;
}

/** What a cap leaves to a tenant, and its line as it was read. */
export interface CapBound extends Pick<CapLine, 'cap' | 'use'> {
  readonly bound: Bound;
}

/** What the caps leave to this tenant now. A cap without a free lease is the last one that is read. */
export async function sharedBounds(
  deps: LineDeps,
  options: { tenant: Tenant; tier: Tier },
): Promise<CapBound[]> {
  const { tenant, tier } = options;
  const lines: CapLine[] = [];
  const boundsWith = (most: (line: CapLine) => number) =>
    lines.map((line) => {
      // A launch counts in one row of the cap; the next launch takes what other rows leave.
      const machines = Math.min(most(line), largestRoom(line.cap, line.use));
      return { ...line, bound: { machines, reason: capReason(line.cap, tier), passesByItself: false } };
    });
  for (const cap of capsOf(deps, tier.name)) {
    const line = await readLine(deps, cap);
    lines.push(line);
    if (capRowCount(cap) > (line.use.rowsEver ?? 1)) await deps.launches.noteCapRows(cap);
    if (freeUnder(line) === 0) return boundsWith(freeUnder);
  }
  const share = await shareOf(deps, lines, { tenant, waiter: waiterOf(options, deps.clock.now()) });
  return boundsWith((line) => (line.cap.name === share?.cap.name ? share.machines : freeUnder(line)));
}

/**
 * A tenant that a cap stopped stands in the line of each cap over its tier, further back for each machine it got. Any other
 * leaves them, and the rest of its turn is passed on. Each call causes few others, so that they end however many wait.
 * @param options.known the caps that were read already; who is on turn is read anew, after the lines have changed
 */
export async function updateWaitingLines(
  deps: LineDeps,
  options: { waiter: Waiter; isStopped: boolean; machines: number; known?: readonly CapBound[] },
): Promise<void> {
  const { waiter, isStopped, known = [] } = options;
  const left = new Map<string, Waiter>();
  for (const cap of capsOf(deps, waiter.tier)) {
    const read = known.find((one) => one.cap.name === cap.name)?.use.waiters;
    const waiters = read ?? (await deps.launches.waitersAcrossTenants(cap));
    const inLine = waiters.find((other) => isSameTenantTier(other, waiter));
    if (isStopped) await standIn(deps, cap, { ...options, waiters, inLine });
    else if (inLine) {
      await deps.launches.leaveLine(cap.name, waiter);
      const [, ...others] = placesAfter(waiters, inLine, options.machines);
      if (others.length > 0) await deps.launches.joinLine(cap.name, ...others);
      left.set(cap.name, inLine);
    }
  }
  // A tenant that joins may itself be next, since leases were freed meanwhile.
  if (isStopped) await callUp(deps, (await onTurn(deps, waiter.tier)).slice(0, 1));
  else if (left.size > 0) await callUp(deps, await onTurn(deps, waiter.tier, left));
}

async function standIn(
  deps: LineDeps,
  cap: SharedCap,
  options: {
    waiter: Waiter;
    machines: number;
    waiters: readonly Waiter[];
    inLine: Waiter | undefined;
  },
): Promise<void> {
  const { waiter, machines, waiters, inLine } = options;
  if (inLine && machines > 0 && waiters.length > placesForEveryone) {
    await deps.launches.leaveLine(cap.name, waiter);
  } else if (inLine ? machines > 0 : mayJoin(waiters, waiter, deps.clock.now())) {
    const since = inLine?.since ?? turnOnJoining(waiters, waiter);
    await deps.launches.joinLine(cap.name, ...placesAfter(waiters, { ...waiter, since }, machines));
  }
}

/** A tenant with nothing to take is in no line. */
export async function leaveLines(deps: LineDeps, place: TenantTier): Promise<void> {
  const waiter = { ...place, weight: 1, since: deps.clock.now() };
  await updateWaitingLines(deps, { waiter, isStopped: false, machines: 0 });
}

/**
 * After leases were freed: wakes the tenants whose turn that makes it.
 * @param freed the tier of each lease
 */
export async function wakeNextWaiters(deps: LineDeps, freed: readonly TierName[]): Promise<void> {
  await callUp(deps, await turnsThrough(deps, freed));
}

/** Each of them writes the whole row. */
const mostGivenUp = 100;
/** As many as are woken where their turn has come. */
const mostCalledUp = 100;

/** Nobody balances a tier that is no longer configured, so nobody else takes its places out of the line. */
async function giveUpPlaces(deps: LineDeps, { cap, use }: CapLine): Promise<void> {
  const left = use.waiters.filter(({ tier }) => !isConfigured(deps, tier));
  for (const place of left.slice(0, mostGivenUp)) await deps.launches.leaveLine(cap.name, place);
}

/**
 * Places that lack another one: a process ended between its writes, or the cap is new. The tenant joins the other line, or
 * leaves this one, where its turn may never come while the other line decides.
 */
function halfPlaces(deps: LineDeps, lines: readonly CapLine[]): string[] {
  const open = lines.filter(({ use }) => use.waiters.length < placesForEveryone);
  const places = new Map(open.map(({ cap, use }) => [cap.name, new Set(use.waiters.map(tenantTierKey))]));
  const isHalf = (waiter: Waiter) =>
    capsOf(deps, waiter.tier).some(({ name }) => places.get(name)?.has(tenantTierKey(waiter)) === false);
  const found = lines.flatMap(({ use }) => use.waiters.filter(isHalf).map(tenantTierKey));
  return [...new Set(found)].slice(0, mostCalledUp);
}

/**
 * Each minute: wakes the tenants whose turn it is, because a call may be lost. Places that nobody takes are given up after that:
 * each is a write, and one that fails keeps nobody from waking. A cap whose rows cannot be read stops no other.
 * @returns what failed
 */
export async function sweepLines(deps: LineDeps): Promise<{ readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const attempt = async <Result>(part: Promise<Result>) =>
    part.catch((error: unknown) => void errors.push(error));
  const lines: CapLine[] = [];
  for (const cap of allCaps(deps)) {
    const line = await attempt(readLine(deps, cap));
    if (line) lines.push(line);
  }
  for (const line of (await attempt(decidingLines(deps, lines))) ?? []) {
    await attempt(turnsIn(deps, line).then((places) => callUp(deps, places)));
  }
  await attempt(callUp(deps, halfPlaces(deps, lines)));
  for (const line of lines) await attempt(giveUpPlaces(deps, line));
  return { errors };
}

async function callUp(deps: LineDeps, places: readonly string[]): Promise<void> {
  await Promise.all(
    places.map((place) => {
      const { installationId, tier } = parseTenantTier(place);
      return deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier });
    }),
  );
}

export const waiterOf = ({ tenant, tier }: { tenant: Tenant; tier: Tier }, since: number): Waiter => ({
  installationId: tenant.installationId,
  tier: tier.name,
  weight: weightOf(tenant),
  since,
});

const capReason = (cap: SharedCap, tier: Tier) =>
  reason(
    'shared-cap',
    cap.name === 'cell'
      ? `All ${cap.machines} runners that all tenants share are in use or reserved; the job starts when its turn comes.`
      : `All ${cap.machines} ${tier.name} runners that all tenants share are in use or reserved; the job starts when its turn comes.`,
  );
