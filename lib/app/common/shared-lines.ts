/**
 * Caps over all tenants: how much of one a tenant may take now, who waits in line, and who is woken when leases are
 * freed. The transaction in `LaunchStore.take` enforces the caps; this file only decides whose turn it is, and makes no
 * call if no cap is configured.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { Bound } from '../../core/balance-plan.ts';
import { InstallationId, TierName } from '../../core/ids.ts';
import { reason } from '../../core/reason.ts';
import {
  type CapUse,
  capRowCount,
  heldUnder,
  largestRoom,
  leasesOf,
  type SharedCap,
  sharedCaps,
  turnAfter,
  turnOnJoining,
  type Waiter,
  weightOf,
  withWaiter,
} from '../../core/shared-cap.ts';
import { sharesOf } from '../../core/shares.ts';
import type { Tenant } from '../../core/tenant.ts';
import { isSameTenantTier, type TenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import type { Tier } from '../../core/tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { Queues } from '../../ports/queues.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { isConfigured } from './configured-tier.ts';

export interface LineDeps {
  readonly deployment: Deployment;
  readonly launches: LaunchStore;
  readonly tenants: TenantStore;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** The caps that machines of this tier are under. */
export function capsOf(deps: { deployment: Deployment }, tierName: TierName): SharedCap[] {
  const { tiers, caps } = deps.deployment;
  const tier = tiers.find(({ name }) => name === tierName);
  return tier ? sharedCaps(tier, caps.machinesInAll) : [];
}

/** A cap's present state: how many leases it counts, who waits, and what each of those holds under it. */
interface Line {
  /** Including the tenant itself, even if it has not joined yet. */
  readonly use: CapUse;
  /** Who was in line when it was read. */
  readonly stood: readonly Waiter[];
  readonly held: ReadonlyMap<InstallationId, number>;
}

/** With more waiters than this, those whose turn is next are considered; the others come soon. */
const waitersConsidered = 100;

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

async function readLine(
  deps: LineDeps,
  cap: SharedCap,
  me?: { tenant: Tenant; waiter: Waiter },
): Promise<Line> {
  const found = await deps.launches.capUseAcrossTenants(cap);
  // Reserving leases for others would keep all others waiting, for ever.
  const first = found.waiters
    .filter(({ tier }) => isConfigured(deps, tier))
    .sort((a, b) => a.since - b.since)
    .slice(0, waitersConsidered);
  const line = me ? withWaiter({ ...found, waiters: first }, me.waiter) : { ...found, waiters: first };
  const others = new Set(line.waiters.map(({ installationId }) => installationId));
  if (me) others.delete(me.tenant.installationId);
  // If nothing is free, nobody gets anything, whatever each holds.
  if (leasesOf(found) >= cap.machines) others.clear();
  const tenants = others.size === 0 ? [] : await deps.tenants.findAcrossTenants([...others]);
  const held = new Map(
    [...tenants, ...(me ? [me.tenant] : [])].map(
      (tenant) => [tenant.installationId, heldUnder(cap, tenant)] as const,
    ),
  );
  // A tenant whose row cannot be read can take nothing: reserving leases for it would keep the others waiting.
  const waiters = line.waiters.filter(({ installationId }) => held.has(installationId));
  return { use: { ...line, waiters }, stood: found.waiters, held };
}

export interface CapBound extends Pick<Line, 'stood'> {
  readonly cap: SharedCap;
  readonly use: CapUse;
  readonly bound: Bound;
}

/** What the caps leave to this tenant now; the first one that leaves nothing is where it waits. */
export async function sharedBounds(
  deps: LineDeps,
  options: { tenant: Tenant; tier: Tier },
): Promise<CapBound[]> {
  const waiter = waiterOf(options, deps.clock.now());
  const bounds: CapBound[] = [];
  for (const cap of capsOf(deps, options.tier.name)) {
    const { use, stood, held } = await readLine(deps, cap, { tenant: options.tenant, waiter });
    if (capRowCount(cap) > (use.rowsEver ?? 1)) await deps.launches.noteCapRows(cap);
    const share = sharesOf(cap, use, held).get(tenantTierKey(waiter)) ?? 0;
    // A launch counts in one row of the cap; the next launch takes what other rows leave.
    const machines = Math.min(share, largestRoom(cap, use));
    bounds.push({
      cap,
      use,
      stood,
      bound: { machines, reason: capReason(cap, options.tier), passesByItself: false },
    });
    if (machines === 0) return bounds;
  }
  return bounds;
}

/**
 * Puts the tenant into the line of the cap that stopped it, further back for each machine it got, and takes it out of all
 * others. The rest of its turn is passed on. Each call causes few others, so that they end however many wait.
 * @param options.known the caps that were read already; who is on turn is read anew, after the line has changed
 */
export async function updateWaitingLines(
  deps: LineDeps,
  options: {
    waiter: Waiter;
    stoppedBy: SharedCap | undefined;
    machines: number;
    known?: readonly CapBound[];
  },
): Promise<void> {
  const { waiter, stoppedBy, machines, known = [] } = options;
  for (const cap of capsOf(deps, waiter.tier)) {
    const read = known.find((one) => one.cap.name === cap.name)?.stood;
    const waiters = read ?? (await deps.launches.waitersAcrossTenants(cap));
    const inLine = waiters.find((other) => isSameTenantTier(other, waiter));
    if (cap.name !== stoppedBy?.name) {
      if (inLine) await passOn(deps, cap, waiter);
      continue;
    }
    if (inLine && machines > 0 && waiters.length > placesForEveryone) {
      await deps.launches.leaveLine(cap.name, waiter);
    } else if (inLine ? machines > 0 : mayJoin(waiters, waiter, deps.clock.now())) {
      const since = inLine?.since ?? turnOnJoining(waiters, waiter);
      const turn = { ...waiter, since: turnAfter(waiters, { ...waiter, since }, machines) };
      await deps.launches.joinLine(cap.name, turn);
    }
    // A tenant that joins may itself be next, since leases were freed meanwhile.
    await callUp(deps, (await onTurn(deps, cap)).slice(0, 1));
  }
}

async function passOn(deps: LineDeps, cap: SharedCap, place: TenantTier): Promise<void> {
  await deps.launches.leaveLine(cap.name, place);
  await callUp(deps, await onTurn(deps, cap));
}

/** A tenant with nothing to take is in no line. */
export async function leaveLines(deps: LineDeps, place: TenantTier): Promise<void> {
  if (capsOf(deps, place.tier).length === 0) return;
  const waiter = { ...place, weight: 1, since: deps.clock.now() };
  await updateWaitingLines(deps, { waiter, stoppedBy: undefined, machines: 0 });
}

/**
 * After leases were freed: wakes the tenants whose turn that makes it.
 * @param freed the tier of each lease
 */
export async function wakeNextWaiters(deps: LineDeps, freed: readonly TierName[]): Promise<void> {
  const caps = Map.groupBy(
    freed.flatMap((tier) => capsOf(deps, tier)),
    ({ name }) => name,
  );
  for (const [cap, ...others] of caps.values()) {
    // A large cap's counts are in many rows, and useless while nobody waits.
    if (!cap || (await deps.launches.waitersAcrossTenants(cap)).length === 0) continue;
    const { use, held } = await readLine(deps, cap);
    const before = sharesOf({ ...cap, machines: cap.machines - others.length - 1 }, use, held);
    const after = [...sharesOf(cap, use, held)].filter(([place, share]) => share > (before.get(place) ?? 0));
    await callUp(
      deps,
      after.map(([place]) => place),
    );
  }
}

/** Each of them writes the whole row. */
const mostGivenUp = 100;

/** Nobody balances a tier that is no longer configured, so nobody else takes its places out of the line. */
async function giveUpPlaces(deps: LineDeps, cap: SharedCap, { stood }: Line): Promise<void> {
  const left = stood.filter(({ tier }) => !isConfigured(deps, tier));
  for (const place of left.slice(0, mostGivenUp)) await deps.launches.leaveLine(cap.name, place);
}

/**
 * Each minute: wakes the tenants whose turn it is, because a call may be lost. Places that nobody takes are given up after that:
 * each is a write, and one that fails keeps nobody from waking. A cap whose rows cannot be read stops no other.
 * @returns what failed
 */
export async function sweepLines(deps: LineDeps): Promise<{ readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const note = (error: unknown) => void errors.push(error);
  for (const cap of allCaps(deps)) {
    try {
      const line = await readLine(deps, cap);
      await callUp(deps, turnsIn(cap, line)).catch(note);
      await giveUpPlaces(deps, cap, line);
    } catch (error) {
      note(error);
    }
  }
  return { errors };
}

export function allCaps(deps: { deployment: Deployment }): SharedCap[] {
  const caps = deps.deployment.tiers.flatMap((tier) => capsOf(deps, tier.name));
  return [...new Map(caps.map((cap) => [cap.name, cap])).values()];
}

const onTurn = async (deps: LineDeps, cap: SharedCap) => turnsIn(cap, await readLine(deps, cap));

/** The places that are to have a free lease, in order of their turns. */
function turnsIn(cap: SharedCap, { use, held }: Line): string[] {
  return use.waiters.length === 0 || leasesOf(use) >= cap.machines
    ? []
    : [...sharesOf(cap, use, held).keys()];
}

async function callUp(deps: LineDeps, places: readonly string[]): Promise<void> {
  await Promise.all(
    places.map((place) => {
      const slash = place.indexOf('/');
      const installationId = InstallationId(Number(place.slice(0, slash)));
      const tier = TierName(place.slice(slash + 1));
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
