/**
 * Whether a waiting job may have a machine at all, before any limit is looked at. Only this file decides
 * against a job: a refusal ends it with a reason; a hold keeps it, or every job of its tenant, waiting with
 * one.
 */
import { type JobAdmission, policyMark } from './controllers/job-admission.ts';
import type { Job } from './job.ts';
import { type Reason, reason } from './reason.ts';
import { excludedBy, type GroupView, mayflyAdds } from './runner-group.ts';
import { levelNow, missingPermission } from './runner-level.ts';
import type { Tenant } from './tenant.ts';
import type { Tier } from './tier.ts';

export type Verdict =
  | { readonly kind: 'admit' }
  | { readonly kind: 'hold'; readonly reason: Reason; readonly ofJob: boolean }
  | { readonly kind: 'refuse'; readonly reason: Reason };

const admit: Verdict = { kind: 'admit' };

/**
 * @param tenant undefined while no installation event has been handled yet
 * @param group of its runners; ignored if runners have none
 */
export function judge(tenant: Tenant | undefined, tier: Tier, job: Job, group: GroupView = {}): Verdict {
  if (!tenant) {
    return hold(
      'tenant-unknown',
      'The installation of the App has no tenant here yet, and GitHub is being asked about it. The job starts if GitHub confirms the installation, and is refused if GitHub does not know it.',
    );
  }
  return (
    judgeTenant(tenant) ??
    judgeJob(tenant, tier, job) ??
    judgeGroup(tenant, job, group) ??
    judgeControllers(tenant, job) ??
    admit
  );
}

/** Verdicts that are the same for all of the tenant's jobs. */
export function judgeTenant(tenant: Tenant): Verdict | undefined {
  switch (tenant.status) {
    case 'deleted':
      return refuse(
        'tenant-deleted',
        `The App was uninstalled from ${tenant.accountLogin}; install it and re-run the job.`,
      );
    case 'suspended':
      return refuse(
        'tenant-suspended',
        `The App is suspended for ${tenant.accountLogin} (by ${tenant.suspendedBy ?? 'operator'}); have it unsuspended and re-run the job.`,
      );
    case 'pending':
      return hold(
        'tenant-pending',
        `${tenant.accountLogin} waits for the operator's approval; the job starts once the tenant is approved.`,
      );
    case 'active':
      if (tenant.attention) return hold(tenant.attention.code, tenant.attention.text);
      return tenant.predecessor === undefined
        ? judgePermissions(tenant)
        : hold(
            'predecessor-draining',
            'Machines of the previous installation are still ending; the job starts when they are gone.',
          );
  }
}

function judgePermissions(tenant: Tenant): Verdict | undefined {
  const missing = missingPermission(tenant);
  if (!missing) return undefined;
  const { name, given } = missing;
  return hold('permission-missing', permissionText({ login: tenant.accountLogin, name, given }));
}

export const permissionText = ({ login, name, given }: { login: string; name: string; given: string }) =>
  `The App needs ${name}: write for ${login} and has ${given}. Accept its permissions in the settings of the installation; then the jobs start.`;

function judgeGroup(tenant: Tenant, job: Job, group: GroupView): Verdict | undefined {
  if (levelNow(tenant).level !== 'organization') return undefined;
  const excluded = excludedBy(group, tenant.accountLogin, job);
  if (excluded?.reason.code === 'repository-not-in-group' && mayflyAdds(tenant, { ...job, group })) {
    const text = `${job.repository} is not among the repositories of the runner group ${group.name}, which Mayfly maintains. The job starts once Mayfly has added the repository, usually within five minutes.`;
    return { kind: 'hold', reason: reason(excluded.reason.code, text), ofJob: excluded.ofJob };
  }
  return excluded && { kind: 'hold', ...excluded };
}

/** Applies the controllers' decision under the current policy; a decision under an earlier one does not count. */
export function judgeControllers(tenant: Tenant, { admission }: Job): Verdict | undefined {
  const mark = policyMark(tenant);
  if (mark === undefined) return undefined;
  if (admission?.policy !== mark || admission.state === 'asked') {
    const who = admission?.policy === mark && !admission.ofPlatform ? admission.controllerId : undefined;
    return holdAlone(
      'admission-pending',
      `The admission controllers of ${tenant.accountLogin} are being asked whether the job may run${who ? ` (${who})` : ''}; it starts once all of them admit it.${waitsFor(admission, mark)}`,
    );
  }
  if (admission.state === 'rejected') {
    return refuse(
      'controller-rejected',
      `${sentence(judgeName(admission))} rejected the job: ${admission.reason}`,
    );
  }
  return admission.state === 'unavailable' ? judgeUnavailable(admission) : undefined;
}

/** What delays the controllers' decision, other than their own answers. */
const waitsFor = (admission: JobAdmission | undefined, mark: string) =>
  admission?.policy === mark && admission.reason !== undefined ? ` ${sentence(admission.reason)}.` : '';

/** Shown to tenants. Of the operator's controllers it reveals only that a policy exists, and its reason. */
const judgeName = ({ controllerId, ofPlatform }: JobAdmission) =>
  ofPlatform ? "the operator's admission policy" : `the admission controller ${controllerId}`;

const sentence = (words: string) => words.slice(0, 1).toUpperCase() + words.slice(1);

function judgeUnavailable(admission: JobAdmission): Verdict {
  const { reason: why, againAt, ofPlatform } = admission;
  const what = `${sentence(judgeName(admission))} gave no valid answer${ofPlatform ? '' : ` (${why})`}`;
  return againAt === undefined
    ? refuse(
        'controller-unavailable',
        `${what}, and will not be asked again. Re-run the job once it responds.`,
      )
    : holdAlone(
        'controller-unavailable',
        `${what}; it is asked again by ${new Date(againAt).toISOString()}.`,
      );
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
      `The labels select the tier ${tier.name}; ${tenant.accountLogin} may use ${tenant.allowedTiers.join(', ')}. Change runs-on, or ask the operator for access to the tier.`,
    );
  }
  return judgeRepository(tenant, job);
}

/** Used at both gates: GitHub may give a machine a job of a repository for which no machine was launched. */
export function judgeRepository(tenant: Tenant, job: Job): Verdict | undefined {
  const { allowedRepositories, allowPublicRepositories } = tenant;
  const isAllowed = allowedRepositories?.some((id) => id === job.repositoryId) ?? true;
  if (!isAllowed || (allowPublicRepositories === false && job.visibility === 'public')) {
    const why = isAllowed ? 'public' : `not one of the ${allowedRepositories?.length} allowed ones`;
    return refuse(
      'repository-not-allowed',
      `The operator does not allow jobs of ${job.repository} for ${tenant.accountLogin}: the repository is ${why}. Ask the operator to allow it, then re-run the job.`,
    );
  }
  return undefined;
}

const hold = (...words: Parameters<typeof reason>): Verdict => ({
  kind: 'hold',
  reason: reason(...words),
  ofJob: false,
});
const holdAlone = (...words: Parameters<typeof reason>): Verdict => ({
  kind: 'hold',
  reason: reason(...words),
  ofJob: true,
});
const refuse = (...words: Parameters<typeof reason>): Verdict => ({
  kind: 'refuse',
  reason: reason(...words),
});

/**
 * Whether a refusal's cause is gone, so that the job may wait again if GitHub still has it queued. A job
 * that waited too long stays refused, and so does one of another owner's repository.
 */
export function isRefusalOutdated(tenant: Tenant, job: Job): boolean {
  if (job.state !== 'done' || job.reason === undefined || job.outcome === 'expired' || !job.tier)
    return false;
  if (tenant.status !== 'active' || job.reason.code === 'owner-mismatch') return false;
  // Not checked here: a re-run of the job finds out whether there is room again.
  if (job.reason.code === 'spend-cap') return false;
  // Its controllers decide the same way, until one of them changes.
  if (isOfControllers(job.reason) && job.admission?.policy === policyMark(tenant)) return false;
  if (job.reason.code === 'repository-not-allowed') return judgeRepository(tenant, job) === undefined;
  return job.reason.code !== 'tier-not-allowed' || (tenant.allowedTiers?.includes(job.tier) ?? true);
}

const isOfControllers = ({ code }: Reason) =>
  code === 'controller-rejected' || code === 'controller-unavailable';
