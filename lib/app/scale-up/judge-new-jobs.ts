/**
 * The queue gate for new jobs, which have no rows yet. A job that rules admit goes on with its decision, which is
 * written together with its row. For a job that controllers refuse or hold, the row is written here, once: refused,
 * or waiting for external controllers. If a decision cannot be recorded, it does not count, and the job goes on
 * undecided. A decision is valid for the tenant that is returned, under its policy epoch.
 */
import { judgeControllers, judgeTenant, type Verdict } from '../../core/admission.ts';
import { policyMark } from '../../core/controllers/job-admission.ts';
import type { JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { roomFor } from '../../core/room.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { InsertOutcome } from '../../ports/jobs.ts';
import { askOutside, judgeWaiting } from '../admission/decide-waiting.ts';
import type { Made } from '../admission/make-decision.ts';
import { isPolicyHere } from '../admission/policies.ts';
import { recordFirst } from '../admission/write-decisions.ts';
import { logRefusedJob } from '../common/log-refused-job.ts';
import { orFailure } from '../common/or-failure.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import type { BalanceDeps } from './balance-deps.ts';

interface NewLine {
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly group: KnownGroup;
  /** Waiting jobs that have rows. */
  readonly waiting: readonly Job[];
  readonly jobs: readonly Job[];
}

export interface JudgedLine extends NewLine {
  /** The decisions about the `jobs` that may start, to be recorded with their rows. */
  readonly made: ReadonlyMap<JobId, Made>;
  /** The outcomes of jobs whose rows are written now. A job that already had a row is in neither; its row decides. */
  readonly outcomes: ReadonlyMap<JobId, InsertOutcome>;
}

/**
 * @param goOn called before reads and writes that only these jobs need, so that other tenants' jobs need not wait
 * for them
 * @throws OperationalError: the policy cannot be read, and nothing is written
 */
export async function judgeNewJobs(deps: BalanceDeps, line: NewLine, goOn: () => void): Promise<JudgedLine> {
  const { tenant: read, tier, group, jobs } = line;
  if (policyMark(read) === undefined || judgeTenant(read)) {
    return { ...line, made: new Map(), outcomes: new Map() };
  }
  if (!isPolicyHere(deps, read)) goOn();
  const isNew = new Set(jobs.map(({ jobId }) => jobId));
  const known = line.waiting.filter(({ jobId }) => !isNew.has(jobId));
  const judged = await judgeWaiting(deps, { tenant: read, tier, group, waiting: [...known, ...jobs] });
  const { tenant } = judged;
  const waiting = judged.waiting.slice(0, known.length);
  const made = new Map(judged.made.map((one) => [one.job.jobId, one]));
  const kept: Kept[] = [];
  const open: Job[] = [];
  // External controllers are not asked long before the job's turn: their answer might be out of date by then.
  const mostAsked = isLineHeld({ tenant, waiting }) ? 0 : roomFor(tenant, tier).machines - known.length;
  let ahead = 0;
  for (const job of judged.waiting.slice(known.length)) {
    const decision = made.get(job.jobId);
    const verdict = decision && judgeControllers(tenant, job);
    const isKept = verdict && (verdict.kind === 'refuse' || (verdict.kind === 'hold' && ahead < mostAsked));
    if (isKept) kept.push({ job, verdict, made: decision });
    else open.push(job);
    if (verdict?.kind !== 'refuse') ahead += 1;
  }
  if (kept.length === 0) return { ...line, tenant, waiting, jobs: open, made, outcomes: new Map() };
  goOn();
  // The tenant was read with a lag. Taking leases compares its policy, but jobs that get no lease need this check.
  const now = await deps.tenants.get(read.installationId);
  if (!now || policyMark(now) !== policyMark(tenant))
    return { ...line, made: new Map(), outcomes: new Map() };
  const unrecorded = await recordFirst(
    deps,
    kept.map(({ made }) => made),
  );
  const undecided = jobs.filter(({ jobId }) => unrecorded.has(jobId));
  const outcomes = await keep(
    deps,
    kept.filter(({ job }) => !unrecorded.has(job.jobId)),
  );
  return { ...line, tenant, waiting, jobs: [...open, ...undecided], made, outcomes };
}

/**
 * Whether the line waits for something that stops new jobs too. Jobs that were recorded a moment ago do not stop
 * them, since the copy that recorded them also serves them; nor do jobs that wait for their own controllers.
 */
export function isLineHeld({ tenant, waiting }: Pick<NewLine, 'tenant' | 'waiting'>): boolean {
  return waiting.some(
    (job) => job.reason?.code !== 'queued' && judgeControllers(tenant, job)?.kind !== 'hold',
  );
}

interface Kept {
  readonly job: Job;
  readonly verdict: Exclude<Verdict, { kind: 'admit' }>;
  readonly made: Made;
}

async function keep(deps: BalanceDeps, kept: readonly Kept[]): Promise<ReadonlyMap<JobId, InsertOutcome>> {
  if (kept.length === 0) return new Map();
  const doneAt = deps.clock.now();
  const rows = kept.map(
    ({ job, verdict: { kind, reason } }): Job =>
      kind === 'hold' ? { ...job, reason } : { ...job, state: 'done', outcome: 'refused', doneAt, reason },
  );
  const inserted = await orFailure(deps.jobs.insert(rows));
  const outcomes = await Promise.all(
    kept.map(async ({ job, verdict, made }, n) => {
      const outcome = inserted instanceof OperationalError ? inserted : inserted[n]!;
      if (outcome !== 'inserted') return outcome;
      // If this message is lost, the row says when to ask again.
      if (verdict.kind === 'hold') return (await orFailure(askOutside(deps, made))) ?? outcome;
      const { installationId, jobId, tier } = job;
      logRefusedJob(deps, { installationId, jobId, tier, reason: verdict.reason.code });
      return outcome;
    }),
  );
  const written = kept.map(({ job }, n) => [job.jobId, outcomes[n]!] as const);
  return new Map(written.filter(([, outcome]) => outcome !== 'exists'));
}
