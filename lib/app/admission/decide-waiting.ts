/**
 * The queue gate: before a machine is bought for a job, all controllers in whose scopes it is have admitted it, under the
 * policy of this moment. Rules are judged here, so that a job costs one write more and waits for nobody.
 */
import { judge } from '../../core/admission.ts';
import { combineVotes, type Voted } from '../../core/controllers/combine-votes.ts';
import type { Controller, ControllerPolicy } from '../../core/controllers/controller.ts';
import type { Decision, Gate } from '../../core/controllers/decision.ts';
import { type JobFacts, jobFacts, scopedJob } from '../../core/controllers/facts.ts';
import { type JobAdmission, needsDecision, policyMark } from '../../core/controllers/job-admission.ts';
import type { ScopedJob } from '../../core/controllers/scope.ts';
import { controllersOver } from '../../core/controllers/who-judges.ts';
import type { Job } from '../../core/job.ts';
import { onDemandPrice } from '../../core/price-list.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { LoadRules, Rules } from '../../ports/rules.ts';
import type { LaunchDeps } from '../common/deps.ts';
import type { KnownGroup } from '../common/runner-groups.ts';
import { epochInForce, policyAt } from './policies.ts';
import { hasExpression, voteByRules } from './vote-by-rules.ts';

export interface AdmissionDeps {
  readonly controllers: ControllerStore;
  readonly loadRules: LoadRules;
}

type Deps = AdmissionDeps & Pick<LaunchDeps, 'jobs' | 'clock' | 'telemetry' | 'deployment'>;

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
  const { tenant: read, waiting } = line;
  if (read.admissionEpoch === undefined) return { tenant: read, waiting };
  const now = deps.clock.now();
  const isOpen = (tenant: Tenant) => (job: Job) =>
    needsDecision(job.admission, policyMark(tenant), now) && mayRunOtherwise(line, job);
  if (!waiting.some(isOpen(read))) return { tenant: read, waiting };
  const policy = await policyAt(deps, read.installationId, read.admissionEpoch);
  const tenant = withEpoch(read, epochInForce(policy));
  const open = waiting.filter(isOpen(tenant));
  if (open.length === 0) return { tenant, waiting };
  const rules = policy.controllers.some(hasExpression) ? await deps.loadRules() : undefined;
  const made = open.map((job) => decide(deps, { ...line, tenant, job, policy, rules }));
  await write(deps, tenant, made);
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

function withEpoch({ admissionEpoch: _read, ...tenant }: Tenant, epoch: number | undefined): Tenant {
  return epoch === undefined ? tenant : { ...tenant, admissionEpoch: epoch };
}

interface Deciding extends Line {
  readonly job: Job;
  readonly policy: ControllerPolicy;
  readonly rules: Rules | undefined;
}

interface Made {
  readonly job: Job;
  readonly admission: JobAdmission;
  readonly decision: Decision;
}

function decide(deps: Deps, deciding: Deciding): Made {
  const { tenant, tier, job, policy, group } = deciding;
  const scoped = scopedJob(tenant, job, group?.name);
  const facts = jobFacts(tenant, job, { scoped, pricePerHour: priceOf(deps, tier) });
  const votes = controllersOver([policy], scoped).flatMap(
    (controller) => votedBy(deps, deciding, { controller, scoped, facts }) ?? [],
  );
  const { outcome, by } = combineVotes(votes);
  const at = deps.clock.now();
  return {
    job,
    admission: {
      policy: policyMark(tenant) ?? '',
      state: outcome,
      at,
      ...(by ? { controllerId: by.controller.id, reason: by.vote.reason ?? 'no reason given' } : {}),
    },
    decision: {
      installationId: tenant.installationId,
      jobId: job.jobId,
      repository: job.repository,
      gate: deciding.gate ?? 'queue',
      epoch: policy.epoch,
      outcome,
      votes: votes.map(({ vote }) => vote),
      decidedAt: new Date(at).toISOString(),
    },
  };
}

function votedBy(
  deps: Deps,
  { rules }: Deciding,
  question: { controller: Controller; scoped: ScopedJob; facts: JobFacts },
): Voted | undefined {
  const { controller } = question;
  const began = deps.clock.now();
  const own = voteByRules(question, rules);
  if (own === 'none') return undefined;
  const said = own === 'asked' ? notAsked : own;
  return {
    controller,
    vote: {
      controllerId: controller.id,
      owner: controller.owner,
      ...said,
      enforced: controller.state === 'enabled',
      milliseconds: deps.clock.now() - began,
    },
  };
}

/** Nothing here waits for an answer from outside. */
const notAsked = { vote: 'failed', reason: 'it cannot be asked' } as const;

const priceOf = ({ deployment }: Deps, { instanceTypes }: Tier) => {
  const [first] = instanceTypes;
  const micros = first === undefined ? undefined : onDemandPrice(deployment.region, first);
  return micros === undefined ? undefined : micros / 1_000_000;
};

/** Whatever is more than a plain admission is on record before the job's row says so. */
async function write(deps: Deps, tenant: Tenant, made: readonly Made[]): Promise<void> {
  const isPlain = made.every(({ decision }) => decision.outcome === 'admitted');
  const recording = deps.controllers.recordDecisions(made.map(({ decision }) => decision));
  if (!isPlain) await recording;
  const admissions = made.map(({ job: { jobId }, admission }) => ({ jobId, admission }));
  await Promise.all([recording, deps.jobs.setAdmissions(tenant.installationId, admissions)]);
  for (const { decision } of made) {
    deps.telemetry.count('AdmissionDecisions', { kind: decision.gate, outcome: decision.outcome });
    for (const { enforced, vote } of decision.votes) {
      if (!enforced) deps.telemetry.count('AdmissionDryRuns', { outcome: vote });
    }
  }
}
