/**
 * Caps over all tenants at work: how much of one a tenant may take now, who stands in line, and who is called up when
 * leases come free. The transaction in `LaunchStore.take` keeps the caps; this only decides whose turn it is, and where
 * no cap is configured it makes no call at all.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { Bound } from '../../core/balance-plan.ts';
import { InstallationId, type LeaseId, TierName } from '../../core/ids.ts';
import { reason } from '../../core/reason.ts';
import {
  placeOf,
  type SharedCap,
  type SharedUse,
  sharedCaps,
  sharesOf,
  type Waiter,
  weightOf,
  withWaiter,
} from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { Queues } from '../../ports/queues.ts';
import type { TenantStore } from '../../ports/tenants.ts';

export interface LineDeps {
  readonly deployment: Deployment;
  readonly launches: LaunchStore;
  readonly tenants: TenantStore;
  readonly queues: Queues;
  readonly clock: Clock;
}

type Place = { readonly installationId: InstallationId; readonly tier: TierName };

/** The caps that machines of this tier are under. */
export function capsOf(deps: { deployment: Deployment }, tierName: TierName): SharedCap[] {
  const { tiers, caps } = deps.deployment;
  const tier = tiers.find(({ name }) => name === tierName);
  return tier ? sharedCaps(tier, caps.machinesInAll) : [];
}

/**
 * Frees leases of the tenant and then of each cap, so that a cap never forgets a machine that a tenant still has.
 * @returns the tenant as it was before
 */
export async function freeTenantAndCapLeases(
  deps: LineDeps,
  place: Place,
  leases: readonly LeaseId[],
): Promise<Tenant | undefined> {
  const before = await deps.tenants.freeLeases(place.installationId, place.tier, leases);
  for (const cap of capsOf(deps, place.tier)) {
    await deps.launches.freeShared(cap.name, place.installationId, leases);
  }
  return before;
}

/** What the caps leave to this tenant now; the first of them that leaves nothing is where it waits. */
export async function sharedBounds(
  deps: LineDeps,
  options: { tenant: Tenant; tier: Tier },
): Promise<{ cap: SharedCap; bound: Bound }[]> {
  const me = waiterOf(options, deps.clock.now());
  const bounds: { cap: SharedCap; bound: Bound }[] = [];
  for (const cap of capsOf(deps, options.tier.name)) {
    const use = await deps.launches.sharedUseAcrossTenants(cap.name);
    const machines = sharesOf(cap, withWaiter(use, me)).get(placeOf(me)) ?? 0;
    bounds.push({ cap, bound: { machines, reason: capReason(cap, options.tier) } });
    if (machines === 0) return bounds;
  }
  return bounds;
}

/**
 * Puts the tenant into the line of the cap that stopped it, at the end where it was served, and out of all others. What it
 * leaves of its turn is passed on. Each call leads to few others, so that they die out however many wait.
 */
export async function updateWaitingLines(
  deps: LineDeps,
  options: { waiter: Waiter; stoppedBy: SharedCap | undefined; served: boolean },
): Promise<void> {
  const { waiter, stoppedBy, served } = options;
  for (const cap of capsOf(deps, waiter.tier)) {
    const use = await deps.launches.sharedUseAcrossTenants(cap.name);
    const isInLine = use.waiters.some((other) => placeOf(other) === placeOf(waiter));
    if (cap.name !== stoppedBy?.name) {
      if (isInLine) await passOn(deps, cap, waiter);
    } else if (!isInLine || served) {
      // One who joins may itself be on turn, since leases came free meanwhile.
      await callUp(deps, onTurn(cap, await deps.launches.joinLine(cap.name, waiter)).slice(0, 1));
    } else {
      await callUp(deps, onTurn(cap, use).slice(0, 1));
    }
  }
}

async function passOn(deps: LineDeps, cap: SharedCap, place: Place): Promise<void> {
  const after = await deps.launches.leaveLine(cap.name, place);
  await callUp(deps, onTurn(cap, after));
}

/** A tenant with nothing to take stands in no line. */
export async function leaveLines(deps: LineDeps, place: Place): Promise<void> {
  if (capsOf(deps, place.tier).length === 0) return;
  const waiter = { ...place, weight: 1, since: deps.clock.now() };
  await updateWaitingLines(deps, { waiter, stoppedBy: undefined, served: false });
}

/**
 * After leases came free: calls up those who are on turn because of them.
 * @param freed the tier of each lease
 */
export async function wakeNextWaiters(deps: LineDeps, freed: readonly TierName[]): Promise<void> {
  const caps = Map.groupBy(
    freed.flatMap((tier) => capsOf(deps, tier)),
    ({ name }) => name,
  );
  for (const [cap, ...others] of caps.values()) {
    if (!cap) continue;
    const use = await deps.launches.sharedUseAcrossTenants(cap.name);
    const before = sharesOf({ ...cap, machines: cap.machines - others.length - 1 }, use);
    const after = [...sharesOf(cap, use)].filter(([place, share]) => share > (before.get(place) ?? 0));
    await callUp(
      deps,
      after.map(([place]) => place),
    );
  }
}

/** Each minute: calls up who is on turn, because a call may be lost, and, now and then, drops leases of machines long gone. */
export async function sweepLines(deps: LineDeps): Promise<void> {
  const minute = Math.floor(deps.clock.now() / 60_000);
  for (const cap of allCaps(deps)) {
    if (minute % auditMinutes === 0) await auditCap(deps, cap);
    await callUp(deps, onTurn(cap, await deps.launches.sharedUseAcrossTenants(cap.name)));
  }
}

function allCaps(deps: LineDeps): SharedCap[] {
  const caps = deps.deployment.tiers.flatMap((tier) => capsOf(deps, tier.name));
  return [...new Map(caps.map((cap) => [cap.name, cap])).values()];
}

/** A cap that was switched off and on again may hold leases whose machines ended meanwhile. */
const auditMinutes = 10;

async function auditCap(deps: LineDeps, { name }: SharedCap): Promise<void> {
  const { held } = await deps.launches.sharedUseAcrossTenants(name);
  for (const [installationId, leases] of held) {
    // Read after the cap: a lease that the tenant lacks by now was freed, and never comes back.
    const tenant = await deps.tenants.get(installationId);
    const stale = [...leases].filter((lease) => !tenant?.leases.has(lease));
    await deps.launches.freeShared(name, installationId, stale);
  }
}

/** The places that are to have a free lease, in the order in which they come. */
const onTurn = (cap: SharedCap, use: SharedUse) => [...sharesOf(cap, use).keys()];

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
      ? `All ${cap.machines} runners that the platform has for everybody are in use or promised; the job starts when its turn comes.`
      : `All ${cap.machines} ${tier.name} runners that the platform has for everybody are in use or promised; the job starts when its turn comes.`,
  );
