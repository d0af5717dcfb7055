/**
 * In a calm world nobody waits while there is room: whatever frees room notifies the waiting jobs, without a sweep.
 * Room is counted here from the rows alone.
 */
import type { Job } from '../../../lib/core/job.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import { type Ledger, limitInTier, type Note } from './ledger.ts';

/** A delivery, a retry after a conflict and some calls take far less. */
const longestSeconds = 45;

export function createWaitingCheck(ledger: Ledger, note: Note): () => void {
  const since = new Map<string, number>();
  return () => {
    const waiting = new Set<string>();
    for (const job of ledger.rows.jobs.values()) {
      const tenant = ledger.rows.tenants.get(job.installationId);
      if (job.state !== 'waiting' || isResting(ledger, job) || isHeldByControllers(job)) continue;
      if (tenant?.status !== 'active' || tenant.predecessor !== undefined) continue;
      const cap = limitInTier(ledger.deployment, tenant, job.tier ?? '');
      const inTier = tenant.tierLeases.get(job.tier!) ?? 0;
      if (tenant.leases >= tenant.maxRunners || inTier >= cap || isJustRaised(ledger, tenant)) continue;
      if (!hasSharedRoom(ledger, job.tier ?? '')) continue;
      const key = `${job.installationId}/${job.tier}`;
      waiting.add(key);
      if (!since.has(key)) since.set(key, ledger.now());
      const seconds = (ledger.now() - since.get(key)!) / 1000;
      if (seconds > longestSeconds)
        note('waits-with-room', `${key} has waited for ${seconds} s, although there is room`);
    }
    for (const key of since.keys()) if (!waiting.has(key)) since.delete(key);
  };
}

/** In a calm world the sweep comes every ten minutes. */
const sweptSeconds = 660;

/** A job whose machines failed rests, and only the sweep notices the end of its rest. */
export const isResting = ({ now }: Ledger, { retryAt }: Job) =>
  retryAt !== undefined && now() < retryAt + sweptSeconds * 1000;

/** Another check covers who must answer first, and when the question is asked again. */
export const isHeldByControllers = ({ reason }: Job) =>
  reason?.code === 'admission-pending' || reason?.code === 'controller-unavailable';

/** Only the sweep notices an operator's edit. */
export const isJustRaised = ({ limitRaisedAt, now }: Ledger, { installationId }: Tenant) =>
  now() < limitRaisedAt(installationId) + sweptSeconds * 1000;

/** Counted from what all tenants hold, not from the caps' own rows, which are what is being verified. */
export function hasSharedRoom({ deployment, rows }: Ledger, tier: string): boolean {
  const tierCap = deployment.tiers.find(({ name }) => name === tier)?.capOverAllTenants;
  const tenants = [...rows.tenants.values()];
  const inTier = tenants.reduce((sum, tenant) => sum + (tenant.tierLeases.get(tier as never) ?? 0), 0);
  const inAll = tenants.reduce((sum, tenant) => sum + tenant.leases, 0);
  return inTier < (tierCap ?? Infinity) && inAll < (deployment.caps.machinesInAll ?? Infinity);
}
