/**
 * Whether a waiting job may have a machine at all, before any limit is looked at. This is the one place that says no:
 * a refusal ends the job with its reason, a hold keeps it waiting with one.
 */
import type { Job } from './job.ts';
import { type Reason, reason } from './reason.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';

export type Verdict =
  | { readonly kind: 'admit' }
  | { readonly kind: 'hold'; readonly reason: Reason }
  | { readonly kind: 'refuse'; readonly reason: Reason };

const admit: Verdict = { kind: 'admit' };

/** @param tenant undefined while no installation event has been handled yet */
export function judge(tenant: Tenant | undefined, tier: Tier, job: Job): Verdict {
  if (!tenant) {
    return hold(
      'tenant-unknown',
      'The installation of the App has no tenant here yet, and GitHub is asked about it: the job starts if GitHub confirms it, and is refused if GitHub does not know it.',
    );
  }
  return judgeTenant(tenant) ?? judgeJob(tenant, tier, job) ?? admit;
}

/** What is said of all its jobs alike. */
export function judgeTenant(tenant: Tenant): Verdict | undefined {
  switch (tenant.status) {
    case 'deleted':
      return refuse(
        'tenant-deleted',
        `The App was uninstalled from ${tenant.accountLogin}; install it and run the job again.`,
      );
    case 'suspended':
      return refuse(
        'tenant-suspended',
        `The App is suspended for ${tenant.accountLogin} (by ${tenant.suspendedBy ?? 'operator'}); have it unsuspended and run the job again.`,
      );
    case 'pending':
      return hold(
        'tenant-pending',
        `${tenant.accountLogin} waits for the operator's approval; the job starts once it is given.`,
      );
    case 'active':
      if (tenant.attention) return hold(tenant.attention.code, tenant.attention.text);
      return tenant.predecessor === undefined
        ? undefined
        : hold(
            'predecessor-draining',
            'Machines of the previous installation are still ending; the job starts when they are gone.',
          );
  }
}

function judgeJob(tenant: Tenant, tier: Tier, job: Job): Verdict | undefined {
  if (job.repositoryOwnerId !== tenant.accountId) {
    return refuse(
      'owner-mismatch',
      `${job.repository} is owned by account ${job.repositoryOwnerId}, but the installation belongs to ${tenant.accountLogin} (${tenant.accountId}); install the App on the owner.`,
    );
  }
  if (tenant.allowedTiers && !tenant.allowedTiers.includes(tier.name)) {
    return refuse(
      'tier-not-allowed',
      `The labels ask for tier ${tier.name}; ${tenant.accountLogin} may use ${tenant.allowedTiers.join(', ')}. Change runs-on, or ask the operator for the tier.`,
    );
  }
  return undefined;
}

const hold = (...words: Parameters<typeof reason>): Verdict => ({ kind: 'hold', reason: reason(...words) });
const refuse = (...words: Parameters<typeof reason>): Verdict => ({
  kind: 'refuse',
  reason: reason(...words),
});

/**
 * Whether a refusal has outlived its cause, so that the job may have another chance where GitHub still has it queued. What
 * waited for too long is over, and another owner's repository stays another owner's.
 */
export function isRefusalOutdated(tenant: Tenant, job: Job): boolean {
  if (job.state !== 'done' || job.reason === undefined || job.outcome === 'expired' || !job.tier)
    return false;
  if (tenant.status !== 'active' || job.reason.code === 'owner-mismatch') return false;
  return job.reason.code !== 'tier-not-allowed' || (tenant.allowedTiers?.includes(job.tier) ?? true);
}
