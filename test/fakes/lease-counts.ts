/** Counting leases of a tenant on and off in memory: one change of its row, as in the transactions of DynamoDB. */
import { dayOf } from '../../lib/core/days.ts';
import type { InstallationId, TierName } from '../../lib/core/ids.ts';
import { rangesOfLives } from '../../lib/core/lives.ts';
import { periodsOf } from '../../lib/core/spend.ts';
import type { Settlement } from '../../lib/core/spend-counts.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { assertCountable, countInCap } from './lines.ts';
import type { Rows } from './world.ts';

export interface Counted {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly capRows?: readonly string[];
}

/** @param leases below zero: they go back. A tenant whose row somebody deleted counts nothing any more. */
export function countLeases(
  rows: Rows,
  { installationId, tier, capRows = [] }: Counted,
  leases: number,
  spend?: Settlement,
): void {
  assertCountable(rows, capRows);
  for (const key of capRows) countInCap(rows, key, leases);
  const tenant = rows.tenants.get(installationId);
  if (!tenant) return;
  const tierLeases = new Map(tenant.tierLeases).set(tier, (tenant.tierLeases.get(tier) ?? 0) + leases);
  // As the adapter reads it, a tier without leases is not there.
  if (tierLeases.get(tier) === 0) tierLeases.delete(tier);
  rows.tenants.set(installationId, {
    ...holding(spending(tenant, tier, spend), tier, leases, spend),
    tierLeases,
    leases: tenant.leases + leases,
    leaseChanges: tenant.leaseChanges + 1,
  });
}

/** As the adapter reads it: what comes to nothing is not there. */
function spending(tenant: Tenant, tier: TierName, spend: Settlement | undefined): Tenant {
  if (!spend) return tenant;
  const { spent, lives, settled, ...rest } = tenant;
  const counted = new Map(spent);
  for (const period of periodsOf(spend.launchedAt)) {
    counted.set(period, (counted.get(period) ?? 0) + spend.change);
    if (counted.get(period) === 0) counted.delete(period);
  }
  const lived = new Map(lives);
  if (spend.life !== undefined) {
    const ofTier = [...(lived.get(tier) ?? new Array<number>(rangesOfLives).fill(0))];
    ofTier[spend.life]! += 1;
    lived.set(tier, ofTier);
  }
  const ended = new Map(settled);
  const day = dayOf(spend.launchedAt);
  if (spend.life !== undefined) ended.set(day, (ended.get(day) ?? 0) + 1);
  return {
    ...rest,
    ...(counted.size === 0 ? {} : { spent: counted }),
    ...(lived.size === 0 ? {} : { lives: lived }),
    ...(ended.size === 0 ? {} : { settled: ended }),
  };
}

/** @param leases each counts when it was launched, and they all count what is expected of `spend` */
function holding(tenant: Tenant, tier: TierName, leases: number, spend: Settlement | undefined): Tenant {
  if (!spend) return tenant;
  const day = dayOf(spend.launchedAt);
  const expected = new Map(tenant.held?.expected);
  const reserved = leases < 0 ? -spend.expected : spend.expected;
  if (reserved !== 0) expected.set(day, (expected.get(day) ?? 0) + reserved);
  const overrun = new Map(tenant.held?.overrun);
  const beyond = (leases < 0 ? -1 : 1) * (spend.overrun ?? 0);
  if (beyond !== 0) overrun.set(day, (overrun.get(day) ?? 0) + beyond);
  const since = new Map(tenant.held?.since);
  const ofDay = new Map(since.get(day));
  ofDay.set(tier, (ofDay.get(tier) ?? 0) + leases * Math.floor(spend.launchedAt / 1000));
  const held = { expected, since: since.set(day, ofDay), ...(overrun.size === 0 ? {} : { overrun }) };
  return { ...tenant, held };
}
