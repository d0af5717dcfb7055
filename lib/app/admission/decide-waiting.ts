/**
 * The queue gate: before a machine is bought for a job, all controllers in whose scopes it is have admitted it, under the
 * policy of this moment. Rules are judged here, so that a job costs one write more and waits for nobody. Who is to be asked
 * from outside is asked by the admission function, and the job alone is held meanwhile.
 */
import { judge } from '../../core/admission.ts';
import type { Gate } from '../../core/controllers/decision.ts';
import { needsDecision, policyMark } from '../../core/controllers/job-admission.ts';
import type { Job } from '../../core/job.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { LoadRules } from '../../ports/rules.ts';
import type { LaunchDeps } from '../common/deps.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import { makeDecision } from './make-decision.ts';
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

/** The same line as it is known then; its tenant has the epoch that the decisions were made under. @throws OperationalError */
export async function decideWaiting(deps: Deps, line: Line): Promise<Pick<Line, 'tenant' | 'waiting'>> {
  const { tenant: read, waiting, group, gate = 'queue' } = line;
  const { deployment } = deps;
  const at = deps.clock.now();
  const isOpen = (tenant: Tenant) => (job: Job) =>
    needsDecision(job.admission, policyMark(tenant), at) && mayRunOtherwise(line, job);
  if (!waiting.some(isOpen(read))) return { tenant: read, waiting };
  const { tenant, policies, rules } = await policyNow(deps, read);
  const open = waiting.filter(isOpen(tenant));
  if (open.length === 0) return { tenant, waiting };
  const made = open.map((job) =>
    makeDecision({ deployment, tenant, job, group: group?.name, policies, rules, gate, at }),
  );
  await writeDecisions(deps, tenant.installationId, made);
  const { installationId } = tenant;
  await Promise.all(
    made
      .filter(({ unanswered }) => unanswered.length > 0)
      .map(({ job: { jobId } }) => deps.queues.sendToAdmission({ kind: 'admission', installationId, jobId })),
  );
  const admissions = new Map(made.map(({ job, admission }) => [job.jobId, admission]));
  return {
    tenant,
    waiting: waiting.map((job) => {
      const admission = admissions.get(job.jobId);
      return admission ? { ...job, admission } : job;
    }),
  };
}

/** What is refused or held for another reason is not worth a question. What keeps all jobs is tried with one of them. */
function mayRunOtherwise({ tenant, tier, group }: Line, job: Job): boolean {
  const { attention: _attention, admissionEpoch: _own, platformEpoch: _platform, ...others } = tenant;
  return judge(others, tier, job, group).kind === 'admit';
}
