/**
 * Compares how jobs end with GitHub's own state. Only GitHub may complete or cancel a job. The platform may refuse or
 * expire one for the reasons that its operator chose, and ends no job that GitHub still has queued for any other
 * reason. A job that GitHub ended stays ended.
 */
import type { Job } from '../../../lib/core/job.ts';
import type { WorldJob } from '../world/context.ts';
import { isTrulyRefused } from './admission/check-admission.ts';
import type { Ledger, Note } from './ledger.ts';

/** Decisions of the operator or the account itself: GitHub may still have such a job queued. */
const decided = new Set([
  'tenant-suspended',
  'tenant-deleted',
  'tier-not-allowed',
  'repository-not-allowed',
  'owner-mismatch',
  'waiting-cap',
  'blocked-cap',
  'waited-too-long',
]);

const ofControllers = new Set(['controller-rejected', 'controller-unavailable']);

/** What was read before a refusal is written can be as old as a function's time limit. */
const longestRunSeconds = 60;

const isByControllers = (ledger: Ledger, { installationId, reason }: Job, job: WorldJob) =>
  isTrulyRefused(
    ledger,
    { tenant: installationId, job, since: ledger.now() - longestRunSeconds * 1000 },
    reason?.code ?? '',
  );

/** Called as ends are written. */
export function checkEnds(ledger: Ledger, note: Note): void {
  for (const [key, job] of ledger.rows.jobs) {
    const before = ledger.doneJobs.get(key);
    const by = job.reason === undefined ? 'github' : 'platform';
    if (job.state !== 'done') {
      if (before === 'github') note('done-job-came-back', `job ${key} was done, and is now ${job.state}`);
      ledger.doneJobs.delete(key);
      ledger.doneSince.delete(key);
    } else if (before !== by) {
      if (before === undefined) ledger.doneSince.set(key, ledger.now());
      ledger.doneJobs.set(key, by);
      checkEnd(ledger, job, note);
    }
  }
}

function checkEnd(ledger: Ledger, job: Job, note: Note): void {
  const known = ledger.worldJobs.get(job.jobId);
  // For a deleted installation GitHub truly reports nothing.
  if (!known || known.account.installationId !== job.installationId) return;
  if (known.status !== 'queued' && known.status !== 'waiting') return;
  const code = job.reason?.code ?? 'none';
  const says = `job ${job.jobId} is ${job.outcome} here (${code}), and ${known.status} on GitHub`;
  const isLost = ofControllers.has(code) ? !isByControllers(ledger, job, known) : !decided.has(code);
  if (isLost) note('job-lost', says);
  const tenant = ledger.rows.tenants.get(job.installationId);
  if (code === 'tenant-deleted' && tenant?.status !== 'deleted') {
    note('job-lost', `${says}; its tenant is ${tenant?.status}`);
  }
}

/** At the end of a log: no row is refused whose job ran, if the platform was notified. */
export function checkTruth(ledger: Ledger, note: Note): void {
  for (const [key, job] of ledger.rows.jobs) {
    const known = ledger.worldJobs.get(job.jobId);
    // A deleted installation gets no answers and no further webhooks.
    if (known?.account.installationId !== job.installationId) continue;
    if (job.outcome !== 'refused' || known.conclusion !== 'success') continue;
    if (!ledger.told.has(`${key} on ${known.runnerName}`)) continue;
    note('refused-although-it-ran', `job ${key} is refused (${job.reason?.code}), but succeeded on GitHub`);
  }
}

/**
 * Some time after the last fault: a job that was refused while its tenant was banned, and that GitHub still has
 * queued, is handled like any other once the ban is lifted. Otherwise it would take the machines of later jobs.
 */
export function checkTakenUp(ledger: Ledger, note: Note): void {
  for (const [key, job] of ledger.rows.jobs) {
    const known = ledger.worldJobs.get(job.jobId);
    const tenant = ledger.rows.tenants.get(job.installationId);
    if (known?.status !== 'queued' || known.account.installationId !== job.installationId) continue;
    if (tenant?.status !== 'active' || job.outcome !== 'refused' || isCrowded(ledger, known)) continue;
    // While GitHub limits the tenant, nobody could ask about the job.
    if (ledger.limitedUntil(job.installationId) > (ledger.quietSince ?? 0)) continue;
    if (job.reason?.code === 'tenant-suspended')
      note('refused-without-cause', `job ${key} is queued on GitHub, but refused here without a reason`);
  }
}

/** One visit lists the jobs of this many runs of a repository; which ones come next is not checked here. */
const runsPerVisit = 5;

const isCrowded = (ledger: Ledger, { repository }: WorldJob) =>
  [...ledger.worldJobs.values()].filter((job) => job.repository === repository && job.status !== 'completed')
    .length > runsPerVisit;
