/**
 * A runner group decides which repositories get its machines, and the platform must respect it: no machine is
 * launched for, and none listens for, a job of a public repository whose group never admitted any; and an admitted
 * job does not stay held.
 */
import type { Job } from '../../../lib/core/job.ts';
import type { WorldJob } from '../world/context.ts';
import { isExcluded, isPublic } from '../world/groups.ts';
import type { AuditedLaunch, Ledger, Note } from './ledger.ts';

/** The reason codes of jobs that are held because of their group. */
const heldForGroup = ['public-repository', 'repository-not-in-group', 'group-unknown'];

/**
 * The group is checked within two minutes, and a poke arrives within one; a rate limit of GitHub lasts ten, and may
 * come twice.
 */
const longestHeldSeconds = 2_400;

/**
 * Reasons are updated for this many jobs at the head of a tenant's line in a tier; the others keep theirs until they
 * get near it.
 */
const headOfLine = 10;

export function checkGroupOfLaunch(ledger: Ledger, launch: AuditedLaunch, note: Note): void {
  const row = ledger.rows.launches.get(launch.id as never);
  for (const { jobId } of row?.plannedJobs ?? []) checkMeantFor(ledger, launch.tenant, jobId, note);
}

export function checkGroups(ledger: Ledger, note: Note): void {
  for (const runner of ledger.rows.runners.values()) {
    if (runner.state === 'listening') checkMeantFor(ledger, runner.installationId, runner.plannedJob, note);
  }
  for (const [key, row] of ledger.rows.jobs) {
    const { state, reason, jobId, installationId } = row;
    const job = ledger.worldJobs.get(jobId);
    const tenant = ledger.rows.tenants.get(installationId);
    const isHeld = state === 'waiting' && heldForGroup.includes(reason?.code ?? '');
    if (
      !isHeld ||
      !job ||
      isTransferred(ledger, installationId, job) ||
      isExcluded(job) ||
      tenant?.status !== 'active' ||
      ledger.quietSince === undefined
    )
      continue;
    if (waitingBefore(ledger, row) >= headOfLine) continue;
    const limitedUntil = ledger.limitedUntil(installationId);
    const since = Math.max(ledger.quietSince, job.account.group.changedAt, job.queuedAt, limitedUntil);
    const seconds = (ledger.now() - since) / 1000;
    if (seconds > longestHeldSeconds)
      note(
        'held-although-admitted',
        `job ${key} has been held (${reason?.code}) for ${seconds} s, although its group admits it`,
      );
  }
}

function waitingBefore(ledger: Ledger, { installationId, tier, queuedAt }: Job): number {
  const waiting = [...ledger.rows.jobs.values()].filter(
    (job) => job.installationId === installationId && job.tier === tier && job.state === 'waiting',
  );
  return waiting.filter((job) => job.queuedAt <= queuedAt).length - 1;
}

/**
 * It belongs to another account by now, whose group this tenant cannot know. That also applies to a job that was over
 * before without a webhook about its end: the tenant knows whether its repository is public only from the job's own
 * webhooks.
 */
const isTransferred = (ledger: Ledger, tenant: number, job: WorldJob) =>
  ledger.transfers.some((one) => one.job === job) && job.account.installationId !== tenant;

/** If GitHub refused all of the tenant's calls, nobody could know better. */
function checkMeantFor(ledger: Ledger, tenant: number, jobId: number, note: Note): void {
  const job = ledger.worldJobs.get(jobId);
  if (!job || job.account.type === 'User' || ledger.refused.has(tenant)) return;
  if (isTransferred(ledger, tenant, job)) return;
  if (!isPublic(job) || !job.account.group.neverPublic) return;
  note(
    'machine-for-excluded-job',
    `a machine of ${tenant} is planned for job ${jobId}, which its group excludes`,
  );
}
