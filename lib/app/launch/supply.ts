/**
 * Everything besides a tenant's own limits that can prevent a launch: its launch rate, closed pools, the caps over all
 * tenants, and the pace at which EC2 may be called. Checked only when there is something to launch; asking for a turn
 * comes last, because it uses one up.
 */
import type { Bound } from '../../core/balance-plan.ts';
import { rateRoom } from '../../core/launch-rate.ts';
import { type ClosedTier, type OpenPools, openPools, wasShort } from '../../core/pools.ts';
import { type Reason, reason } from '../../core/reason.ts';
import { weightOf } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { machinesPerShortTurn } from '../common/settings.ts';
import { type CapBound, type LineDeps, sharedBounds } from '../common/shared-lines.ts';
import type { Scarcity } from './read-scarcity.ts';
import { type ScarcityDeps, takeTurn } from './scarcity.ts';

export type SupplyDeps = ScarcityDeps & LineDeps;

export interface Supply {
  readonly bounds: readonly Bound[];
  /** Undefined: none is open. */
  readonly open: OpenPools | undefined;
  /** Each cap over all tenants that applies here. */
  readonly caps: readonly CapBound[];
  /** EC2 throttled lately: one call at a time. */
  readonly paced: boolean;
}

export async function findSupply(
  deps: SupplyDeps,
  options: { tenant: Tenant; tier: Tier; hasTurn: boolean; scarcity: Scarcity },
): Promise<Supply> {
  const { tenant, tier, scarcity } = options;
  const { closings, pace } = scarcity;
  const now = deps.clock.now();
  const shared = await sharedBounds(deps, options);
  const pools = openPools(tier, { subnets: deps.subnets, closings, now });
  const isShort = wasShort(tier, { subnets: deps.subnets, closings });
  const bounds: Bound[] = [
    ...shared.map(({ bound }) => bound),
    rateBound(deps, tenant, now),
    ...(pools.kind === 'closed'
      ? [{ machines: 0, reason: closedReason(pools), passesByItself: pools.cause === 'capacity' }]
      : []),
    ...(isShort && pools.kind === 'open' ? [shortTurn(tenant)] : []),
  ];
  const paced = pace !== undefined;
  if (paced && !options.hasTurn && bounds.every(({ machines }) => machines > 0)) {
    const turn = await takeTurn(deps, { installationId: tenant.installationId, tier: tier.name });
    if (turn.kind === 'wait') bounds.push({ machines: 0, reason: throttledReason, passesByItself: true });
  }
  return {
    bounds,
    open: pools.kind === 'open' ? pools : undefined,
    caps: shared,
    paced,
  };
}

function rateBound(deps: SupplyDeps, tenant: Tenant, now: number): Bound {
  const { launchesPerMinutePerTenant } = deps.deployment.caps;
  const rate = Math.max(launchesPerMinutePerTenant, tenant.maxRunners);
  return {
    machines: rateRoom(tenant, launchesPerMinutePerTenant, now),
    reason: reason(
      'launch-rate',
      `${tenant.accountLogin} started ${rate} runners within a minute, which is its limit; the job starts soon.`,
    ),
    passesByItself: true,
  };
}

const shortTurn = (tenant: Tenant): Bound => ({
  machines: Math.max(1, Math.floor(machinesPerShortTurn * weightOf(tenant))),
  reason: reason('capacity', 'AWS is short of capacity for this tier; waiting tenants take turns.'),
  passesByItself: true,
});

export const throttledReason = reason(
  'throttled',
  'AWS throttles calls; waiting tenants take turns, one call each, and the job is retried when it is its turn.',
);

function closedReason({ cause, code }: ClosedTier): Reason {
  switch (cause) {
    case 'capacity':
      return reason(
        'capacity',
        'AWS has no capacity for this tier in any zone; the job is retried within minutes.',
      );
    case 'unoffered':
      return reason(
        'launch-failed',
        `AWS offers none of this tier's machine types in the zones of the platform (${code}); the operator must choose other types.`,
      );
    case 'quota':
      return reason(
        'quota',
        `The AWS account is at its quota for such machines (${code}); the job is retried when some end. The operator can request a higher quota.`,
      );
    case 'fatal':
      return reason(
        'launch-failed',
        `AWS refuses to launch machines of this tier (${code}); the operator has been alerted, and the launch is retried every five minutes.`,
      );
  }
}
