/**
 * In a calm world nobody waits while there is room: whoever frees room tells those who wait, and they need no sweep to be
 * found. Room is counted here from the rows alone.
 */
import type { Job } from '../../../lib/core/job.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import { type Books, limitInTier, type Note } from './books.ts';

/** A delivery, a retry of a lost race and some calls take far less. */
const longestSeconds = 45;

export function createWaitingCheck(books: Books, note: Note): () => void {
  const since = new Map<string, number>();
  return () => {
    const waiting = new Set<string>();
    for (const job of books.rows.jobs.values()) {
      const tenant = books.rows.tenants.get(job.installationId);
      if (job.state !== 'waiting' || isResting(books, job) || isHeldByControllers(job)) continue;
      if (tenant?.status !== 'active' || tenant.predecessor !== undefined) continue;
      const cap = limitInTier(books.deployment, tenant, job.tier ?? '');
      const inTier = tenant.tierLeases.get(job.tier!) ?? 0;
      if (tenant.leases >= tenant.maxRunners || inTier >= cap || isJustRaised(books, tenant)) continue;
      if (!hasSharedRoom(books, job.tier ?? '')) continue;
      const key = `${job.installationId}/${job.tier}`;
      waiting.add(key);
      if (!since.has(key)) since.set(key, books.now());
      const seconds = (books.now() - since.get(key)!) / 1000;
      if (seconds > longestSeconds)
        note('waits-with-room', `${key} has waited for ${seconds} s though there is room`);
    }
    for (const key of since.keys()) if (!waiting.has(key)) since.delete(key);
  };
}

/** In a calm world the sweep comes every ten minutes. */
const sweptSeconds = 660;

/** A job whose machines came to nothing rests, and the sweep is who finds that its rest is over. */
export const isResting = ({ now }: Books, { retryAt }: Job) =>
  retryAt !== undefined && now() < retryAt + sweptSeconds * 1000;

/** Who has to answer first, and when it is asked again, is another check's question. */
export const isHeldByControllers = ({ reason }: Job) =>
  reason?.code === 'admission-pending' || reason?.code === 'controller-unavailable';

/** An operator's edit reaches nobody but the sweep. */
export const isJustRaised = ({ limitRaisedAt, now }: Books, { installationId }: Tenant) =>
  now() < limitRaisedAt(installationId) + sweptSeconds * 1000;

/** Counted by what all tenants hold, not by the caps' own rows: those are what is to be proven right. */
export function hasSharedRoom({ deployment, rows }: Books, tier: string): boolean {
  const tierCap = deployment.tiers.find(({ name }) => name === tier)?.capOverAllTenants;
  const tenants = [...rows.tenants.values()];
  const inTier = tenants.reduce((sum, tenant) => sum + (tenant.tierLeases.get(tier as never) ?? 0), 0);
  const inAll = tenants.reduce((sum, tenant) => sum + tenant.leases, 0);
  return inTier < (tierCap ?? Infinity) && inAll < (deployment.caps.machinesInAll ?? Infinity);
}
