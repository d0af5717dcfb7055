/**
 * Combines what all of a job's controllers have answered so far: a decision, or the questions that are still open. Both
 * gates and the function that asks controllers use it.
 */
import type { Deployment } from '../../contract/deployment.ts';
import { combineVotes, type Voted } from '../../core/controllers/combine-votes.ts';
import { type Controller, type ControllerPolicy, platformOwner } from '../../core/controllers/controller.ts';
import type { Decision, DecisionOutcome, Gate, Vote } from '../../core/controllers/decision.ts';
import { type JobFacts, jobFacts, scopedJob } from '../../core/controllers/facts.ts';
import {
  type AskingRound,
  afterFailure,
  type JobAdmission,
  policyMark,
} from '../../core/controllers/job-admission.ts';
import type { ScopedJob } from '../../core/controllers/scope.ts';
import { controllersOver } from '../../core/controllers/who-judges.ts';
import type { RunAbout } from '../../core/github.ts';
import type { Job } from '../../core/job.ts';
import { pricePerHour } from '../../core/price-list.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Rules } from '../../ports/rules.ts';
import { askedAgainSeconds } from '../common/settings.ts';
import { voteByRules } from './vote-by-rules.ts';

export interface Deciding {
  readonly deployment: Deployment;
  readonly tenant: Tenant;
  readonly job: Job;
  /** The name of the runner group that the tenant's machines join. */
  readonly group: string | undefined;
  readonly policies: readonly ControllerPolicy[];
  readonly rules: Rules | undefined;
  readonly gate: Gate;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Absent: a round begins now, if any controller has to be asked. */
  readonly round?: AskingRound;
  /** The answers of external controllers; absent: none yet. */
  readonly answers?: ReadonlyMap<string, Answer>;
  /** What GitHub reported about the run. Absent: it was not asked. */
  readonly about?: RunAbout | undefined;
}

export interface Answer {
  readonly vote: Vote;
  readonly reason?: string;
  readonly milliseconds: number;
}

export interface Made {
  readonly job: Job;
  readonly admission: JobAdmission;
  /** Absent: it is left open. */
  readonly decision?: Decision;
  /** Controllers to ask that have not answered, including those in dry run. */
  readonly unanswered: readonly Controller[];
  /** The ids of those controllers for which GitHub must be asked first. */
  readonly needGitHub: ReadonlySet<string>;
  readonly facts: JobFacts;
}

export function makeDecision(deciding: Deciding): Made {
  const { job, gate, at } = deciding;
  const { facts, said, votes } = votesOf(deciding);
  const unanswered = said
    .filter(({ answer }) => answer === 'asked' || answer === 'github')
    .map(({ controller }) => controller);
  const needGitHub = new Set(
    said.flatMap(({ controller, answer }) => (answer === 'github' ? [controller.id] : [])),
  );
  const open = unanswered.find(({ state }) => state === 'enabled');
  const isRejected = votes.some(({ vote }) => vote.enforced && vote.vote === 'reject');
  const round = deciding.round ?? (unanswered.length > 0 ? { at, gate } : undefined);
  const made = open && !isRejected ? { admission: leftOpen(deciding, open) } : decided(deciding, votes);
  const admission = { ...made.admission, ...(round ? { round } : {}) };
  return { job, unanswered, needGitHub, facts, ...made, admission };
}

/**
 * The votes of these controllers in dry run, for a separate record: the job was decided without them. Undefined:
 * none of them has answered.
 */
export function lateDecision(
  deciding: Deciding,
  { of, outcome }: { readonly of: ReadonlySet<string>; readonly outcome: DecisionOutcome },
): Decision | undefined {
  const late = votesOf(deciding).votes.map(({ vote }) => vote);
  const votes = late.filter(({ enforced, controllerId }) => !enforced && of.has(controllerId));
  return votes.length === 0 ? undefined : { ...decisionBase(deciding), outcome, votes };
}

function votesOf(deciding: Deciding) {
  const { tenant, job, policies, group, about } = deciding;
  const scoped = scopedJob(tenant, job, group);
  const facts = jobFacts(tenant, job, { scoped, pricePerHour: priceOf(deciding), about });
  const said = controllersOver(policies, scoped).map((controller) => ({
    controller,
    answer: answerOf(deciding, { controller, scoped, facts }),
  }));
  const votes = said.flatMap(({ controller, answer }) =>
    typeof answer === 'string' ? [] : [{ controller, vote: voteOf(controller, answer) }],
  );
  return { facts, said, votes };
}

function answerOf(
  { rules, answers }: Deciding,
  question: { controller: Controller; scoped: ScopedJob; facts: JobFacts },
): Answer | 'none' | 'asked' | 'github' {
  const own = voteByRules(question, rules);
  if (own === 'asked' || own === 'github') return answers?.get(question.controller.id) ?? own;
  return own === 'none' ? own : { ...own, milliseconds: 0 };
}

const voteOf = ({ id, owner, state }: Controller, { vote, reason, milliseconds }: Answer) => ({
  controllerId: id,
  owner,
  vote,
  ...(reason === undefined ? {} : { reason }),
  enforced: state === 'enabled',
  milliseconds,
});

const priceOf = ({ deployment, job }: Deciding) =>
  pricePerHour(
    deployment,
    deployment.tiers.find(({ name }) => name === job.tier),
  );

/**
 * The job waits for GitHub's facts about its run: as long between calls as between the failures of a controller,
 * and longer if GitHub says so. Undefined: it has waited long enough, and the failure policy applies.
 */
export function waitForGitHub(
  { job, tenant, round }: Pick<Deciding, 'job' | 'tenant' | 'round'>,
  by: Controller,
  refusal: { readonly why: string; readonly retryAt: number; readonly at: number },
): JobAdmission | undefined {
  const policy = policyMark(tenant) ?? '';
  const { why, retryAt, at } = refusal;
  const failures = (failuresOf(job, policy).failures ?? 0) + 1;
  const againAt = afterFailure(failures, at);
  if (againAt === undefined) return undefined;
  const waits = { at, againAt: Math.max(againAt, retryAt), failures };
  return { policy, state: 'asked', ...namedBy(by), reason: why, ...waits, ...(round ? { round } : {}) };
}

function leftOpen({ tenant, job, at }: Deciding, by: Controller): JobAdmission {
  const policy = policyMark(tenant) ?? '';
  return {
    policy,
    state: 'asked',
    ...namedBy(by),
    at,
    againAt: at + askedAgainMilliseconds(job, { policy, at }),
    ...failuresOf(job, policy),
  };
}

/**
 * Doubles each time, up to ten minutes: a message that was not lost is only late, and another one would make a
 * backlog longer.
 */
function askedAgainMilliseconds({ admission }: Job, { policy, at }: { policy: string; at: number }): number {
  const isOpen = admission?.policy === policy && admission.state === 'asked';
  const waited = isOpen && admission.reason === undefined ? at - admission.at : 0;
  const { first, most } = askedAgainSeconds;
  return Math.min(most * 1000, Math.max(first * 1000, 2 * waited));
}

const namedBy = ({ id, owner }: Controller) => ({
  controllerId: id,
  ...(owner === platformOwner ? { ofPlatform: true } : {}),
});

/** Under the current policy: a new one starts the count again. */
const failuresOf = ({ admission }: Job, policy: string): { failures?: number } =>
  admission?.policy === policy && admission.failures !== undefined ? { failures: admission.failures } : {};

function decided(
  deciding: Deciding,
  votes: readonly Voted[],
): { admission: JobAdmission; decision: Decision } {
  const { tenant, job, at } = deciding;
  const { outcome, by } = combineVotes(votes);
  const mark = policyMark(tenant) ?? '';
  return {
    admission: {
      policy: mark,
      state: outcome,
      at,
      ...(by ? { ...namedBy(by.controller), reason: by.vote.reason ?? 'no reason given' } : {}),
      ...(outcome === 'unavailable' && by ? again(job, { mark, by: by.controller, at }) : {}),
    },
    decision: { ...decisionBase(deciding), outcome, votes: votes.map(({ vote }) => vote) },
  };
}

const decisionBase = ({ tenant, job, gate, at }: Deciding) => ({
  installationId: tenant.installationId,
  jobId: job.jobId,
  repository: job.repository,
  gate,
  epoch: tenant.admissionEpoch ?? 0,
  ...(tenant.platformEpoch === undefined ? {} : { platformEpoch: tenant.platformEpoch }),
  decidedAt: new Date(at).toISOString(),
});

/** A rule that cannot be evaluated now cannot be evaluated later. */
function again(
  job: Job,
  { mark, by, at }: { mark: string; by: Controller; at: number },
): Pick<JobAdmission, 'againAt' | 'failures'> {
  if (by.transport.kind === 'rules') return {};
  const failures = (failuresOf(job, mark).failures ?? 0) + 1;
  const againAt = afterFailure(failures, at);
  return { failures, ...(againAt === undefined ? {} : { againAt }) };
}
