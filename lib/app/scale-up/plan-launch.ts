/** Makes the launch of some waiting jobs: its request is built here, once, and never changes afterwards. */
import type { Deployment } from '../../contract/deployment.ts';
import { fleetRequest } from '../../core/fleet-request.ts';
import { LaunchId, leaseOf } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { firstLookAt, type Launch } from '../../core/launch.ts';
import type { OpenPools } from '../../core/pools.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { CapCharge } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Tickets } from '../../ports/identity.ts';
import { leaseCostOf } from '../common/lease-cost.ts';
import { groupNameOf } from '../common/runner-groups.ts';
import { launchFenceSeconds, ticketGraceSeconds } from '../common/settings.ts';

export async function planLaunch(
  deps: { deployment: Deployment; tickets: Tickets; clock: Clock; chance: Chance },
  options: {
    jobs: readonly Job[];
    open: OpenPools;
    tenant: Tenant;
    tier: Tier;
    caps: readonly CapCharge[];
  },
): Promise<Launch> {
  const { jobs, open, tenant, tier, caps } = options;
  const { environment, limits } = deps.deployment;
  const launchId = LaunchId(deps.chance.id());
  const now = deps.clock.now();
  const { level } = levelNow(tenant);
  const ticket = await deps.tickets.issue({
    launchId,
    installationId: tenant.installationId,
    tier: tier.name,
    expiresAt: now + (limits.bootSeconds + ticketGraceSeconds) * 1000,
  });
  return {
    launchId,
    installationId: tenant.installationId,
    tier: tier.name,
    account: { login: tenant.accountLogin, type: tenant.accountType, level },
    state: 'intent',
    ...(caps.length === 0 ? {} : { capRows: caps.map(({ row }) => row) }),
    request: fleetRequest({
      environment,
      installationId: tenant.installationId,
      tier: tier.name,
      launchId,
      level,
      ...(level === 'organization' ? { group: groupNameOf(deps, tenant) ?? 'Default' } : {}),
      ticket,
      launchTemplateName: `${environment}-${tier.name}`,
      pools: open.pools,
      market: open.market,
      machines: jobs.length,
    }),
    plannedJobs: jobs.map((job, n) => ({
      lease: leaseOf(launchId, n),
      jobId: job.jobId,
      repository: job.repository,
    })),
    leaseCost: leaseCostOf(deps.deployment, tenant, tier),
    callUntil: now + launchFenceSeconds * 1000,
    createdAt: now,
    lookAt: firstLookAt(now, limits),
    instances: new Map(),
  };
}
