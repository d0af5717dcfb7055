/**
 * The queue gate: no machine is launched for a job until all controllers whose scopes include it have admitted it
 * under the current policy. Rules are evaluated here, so those jobs do not wait. The admission function asks
 * external controllers, and only the job concerned is held meanwhile.
 */
import { judge } from '../../core/admission.ts';
import type { Gate } from '../../core/controllers/decision.ts';
import { needsDecision, policyMark } from '../../core/controllers/job-admission.ts';
import type { JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { LoadRules } from '../../ports/rules.ts';
import type { LaunchDeps } from '../common/deps.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import { judgingMilliseconds } from '../common/settings.ts';
import { type Made, makeDecision } from './make-decision.ts';
import { policyNow } from './policies.ts';
import { writeDecisions } from './write-decisions.ts';

export interface AdmissionDeps {
  readonly controllers: ControllerStore;
  readonly loadRules: LoadRules;
}

type Deps = AdmissionDeps & Pick<LaunchDeps, 'jobs' | 'clock' | 'telemetry' | 'deployment' | 'queues'>;

interface Line {
  /** Where they wait. Absent: at the queue gate. */
  readonly gate?: Gate;
  readonly tenant: Tenant;
  readonly tier: Tier;
  readonly waiting: readonly Job[];
  readonly group: KnownGroup | undefined;
}

interface Judged extends Pick<Line, 'tenant' | 'waiting'> {
  /** The outcomes of the jobs that needed a decision. */
  readonly made: readonly Made[];
  /** Time was up before all of them had one. */
  readonly isCut: boolean;
}

/**
 * The same line as it is once each job has a decision, which is not written yet; its tenant has the epoch that the decisions
 * were made under. Rules hold up the function's other tenants while they are evaluated: if time is up, the other jobs
 * stay held. @throws OperationalError
 */
export async function judgeWaiting(deps: Deps, line: Line): Promise<Judged> {
  const { tenant: read, waiting, group, gate = 'queue' } = line;
  const { deployment } = deps;
  const at = deps.clock.now();
  const isOpen = (tenant: Tenant) => (job: Job) =>
    needsDecision(job.admission, policyMark(tenant), at) && mayRunOtherwise(line, job);
  if (!waiting.some(isOpen(read))) return { tenant: read, waiting, made: [], isCut: false };
  const { tenant, policies, rules } = await policyNow(deps, read);
  const open = waiting.filter(isOpen(tenant));
  const until = deps.clock.now() + judgingMilliseconds;
  const made: Made[] = [];
  for (const job of open) {
    if (made.length > 0 && deps.clock.now() >= until) break;
    made.push(makeDecision({ deployment, tenant, job, group: group?.name, policies, rules, gate, at }));
  }
  const admissions = new Map(made.map(({ job, admission }) => [job.jobId, admission]));
  return {
    tenant,
    made,
    isCut: made.length < open.length,
    waiting: waiting.map((job) => {
      const admission = admissions.get(job.jobId);
      return admission ? { ...job, admission } : job;
    }),
  };
}

/**
 * The same, with the decisions stored and external controllers being asked. If a job's decision cannot be stored,
 * the job is returned as it was read, and the next look decides again.
 * @throws OperationalError
 */
export async function decideWaiting(deps: Deps, line: Line): Promise<Omit<Judged, 'made'>> {
  const { made, isCut, tenant, waiting } = await judgeWaiting(deps, line);
  if (made.length === 0) return { tenant, waiting, isCut };
  const outcomes = await writeDecisions(deps, tenant.installationId, made);
  const isStored = (jobId: JobId) => outcomes.get(jobId) === 'stored';
  await Promise.all(made.filter(({ job }) => isStored(job.jobId)).map((one) => askOutside(deps, one)));
  const asRead = new Map(line.waiting.map((job) => [job.jobId, job]));
  return {
    tenant,
    isCut,
    waiting: waiting.map((job) =>
      outcomes.has(job.jobId) && !isStored(job.jobId) ? asRead.get(job.jobId)! : job,
    ),
  };
}

/** Has the function that asks controllers look at the job's row, if there is a controller to ask. */
export async function askOutside({ queues }: Pick<Deps, 'queues'>, { job, unanswered }: Made): Promise<void> {
  const { installationId, jobId } = job;
  if (unanswered.length > 0) await queues.sendToAdmission({ kind: 'admission', installationId, jobId });
}

/**
 * Jobs that are refused or held for another reason are not asked about. If something holds all jobs, one of them is
 * asked about.
 */
function mayRunOtherwise({ tenant, tier, group }: Line, job: Job): boolean {
  const { attention: _attention, admissionEpoch: _own, platformEpoch: _platform, ...others } = tenant;
  return judge(others, tier, job, group).kind === 'admit';
}
