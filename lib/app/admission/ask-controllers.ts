/**
 * Asks a job's external controllers, records the decision of all its controllers, and pokes the job's tier. A message is a
 * hint: the job's row says what to ask, and under which policy. The ids of a round's questions are made from the
 * row, so a redelivered message does not ask a controller that has already answered. If an expression needs facts
 * that only GitHub has, GitHub is asked about the run first.
 */
import type { Deployment } from '../../contract/deployment.ts';
import { type AskControllers, parseMessage } from '../../contract/messages.ts';
import type { Controller } from '../../core/controllers/controller.ts';
import type { DecisionOutcome } from '../../core/controllers/decision.ts';
import {
  isOfOtherPlatformPolicy,
  isWaitingForGitHub,
  type JobAdmission,
  policyMark,
} from '../../core/controllers/job-admission.ts';
import type { RunAbout } from '../../core/github.ts';
import type { Job } from '../../core/job.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Queues } from '../../ports/queues.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import { isConfigured } from '../common/configured-tier.ts';
import { groupNameOf } from '../common/runner-groups.ts';
import { platformPolicySeconds } from '../common/settings.ts';
import { type AboutAnswer, type AboutDeps, aboutRun } from './about-run.ts';
import { type AskOneDeps, askController, failed } from './ask-controller.ts';
import type { AdmissionDeps } from './decide-waiting.ts';
import {
  type Answer,
  type Deciding,
  lateDecision,
  type Made,
  makeDecision,
  waitForGitHub,
} from './make-decision.ts';
import { policyNow } from './policies.ts';
import { type WriteDeps, writeDecisions } from './write-decisions.ts';

export interface AskDeps extends AdmissionDeps, WriteDeps, AboutDeps, AskOneDeps {
  readonly deployment: Deployment;
  readonly tenants: TenantStore;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** @returns the ids of the messages that failed. Jobs are independent: one controller's silence delays no other job. */
export async function askControllers(deps: AskDeps, deliveries: readonly Delivery[]): Promise<string[]> {
  const batch = new Batch(deps.telemetry);
  await Promise.all(
    deliveries.map(({ id, body }) =>
      batch.attempt([id], async () => {
        const message = parseMessage(body);
        if (message.kind === 'admission') await askAbout(deps, message);
      }),
    ),
  );
  return batch.failed();
}

async function askAbout(deps: AskDeps, { installationId, jobId }: AskControllers): Promise<void> {
  const [job, read] = await Promise.all([
    deps.jobs.get(installationId, jobId),
    deps.tenants.get(installationId),
  ]);
  if (!job?.tier || !read || (job.state === 'done' && !mayHaveLateVotes(job))) return;
  const { tenant, policies, rules } = await policyNow(deps, read);
  // Under another policy it is planned again, and asked about again if necessary.
  const { admission } = job;
  if (policies.length === 0 || !admission || admission.policy !== policyMark(tenant)) {
    // A copy that plans sooner may still use the older policy, and would ask for this look again.
    const isKept = admission !== undefined && isOfOtherPlatformPolicy(admission, tenant);
    return poke(deps, job, isKept ? platformPolicySeconds : 0);
  }
  // A duplicate message, or one of a poll: GitHub wants no calls until then.
  if (isWaitingForGitHub(admission, deps.clock.now())) return;
  // Rows of earlier versions do not say which round it is.
  const { round = { at: admission.at, gate: job.state === 'waiting' ? 'queue' : 'start' } } = admission;
  const group = groupNameOf(deps, tenant);
  const { gate } = round;
  const how = { deployment: deps.deployment, tenant, job, group, policies, rules, gate, round };
  const first = makeDecision({ ...how, at: deps.clock.now() });
  let asking: Promise<AboutAnswer> | undefined;
  const look = { how, first, aboutRun: () => (asking ??= aboutRun(deps, job)) };
  const enabled = admission.state === 'asked' ? askThose(deps, look, 'enabled') : notAsked;
  const trying = askThose(deps, look, 'dry_run');
  // It may fail before anybody awaits it: it is handled below, and must not end the process until then.
  void Promise.allSettled([trying]);
  // No job waits for a controller in dry run.
  const obeyed = await settle(deps, how, await enabled);
  const tried = await trying;
  const outcome = obeyed.outcome ?? (admission.state === 'asked' ? undefined : admission.state);
  // Otherwise a later message of this round finds the answers.
  if (outcome) await recordLate(deps, look, { tried, outcome });
  const open = [...obeyed.asked, ...tried.asked]
    .filter(({ answer }) => answer === 'open')
    .map(({ controller }) => controller);
  if (open.length === 0) return;
  const longest = Math.max(...open.map(({ timeoutMilliseconds }) => timeoutMilliseconds));
  const message = { kind: 'admission', installationId, jobId } as const;
  await deps.queues.sendToAdmission(message, { delaySeconds: Math.ceil(longest / 1000) + 1 });
}

/** All enabled controllers were asked, and their answers ended it; those in dry run may have been asked with them. */
const mayHaveLateVotes = ({ admission }: Job): boolean =>
  admission?.round !== undefined && admission.state !== 'asked' && admission.at > admission.round.at;

type How = Omit<Deciding, 'at' | 'answers' | 'about'> & Required<Pick<Deciding, 'round'>>;

interface Asked {
  readonly controller: Controller;
  /** open: it has time left to answer. */
  readonly answer: Answer | 'open';
}

interface Look {
  readonly how: How;
  /** As it is before anybody was asked. */
  readonly first: Made;
  readonly aboutRun: () => Promise<AboutAnswer>;
}

interface Answered {
  readonly asked: readonly Asked[];
  readonly about?: RunAbout;
  /** No controller was asked: the job waits for GitHub. */
  readonly waits?: JobAdmission;
}

interface Settled extends Answered {
  /** What the job's row now contains. Absent: the decision is open, or another run has decided. */
  readonly outcome?: DecisionOutcome;
}

const notAsked: Promise<Answered> = Promise.resolve({ asked: [] });

/** GitHub is asked first if one of them has an expression that needs it. */
async function askThose(
  deps: AskDeps,
  { how, first, aboutRun }: Look,
  state: 'enabled' | 'dry_run',
): Promise<Answered> {
  const mine = first.unanswered.filter((controller) => controller.state === state);
  const needing = mine.filter(({ id }) => first.needGitHub.has(id));
  const said = needing[0] ? await aboutRun() : undefined;
  const ask = async (controllers: readonly Controller[], facts: Made['facts']) =>
    Promise.all(
      controllers.map(async (controller) => {
        const answer = await askController(deps, { controller, job: how.job, round: how.round, facts });
        return { controller, answer };
      }),
    );
  if (said?.kind !== 'refused') {
    const { about } = said ?? {};
    const made = about ? makeDecision({ ...how, at: deps.clock.now(), about }) : first;
    const open = made.unanswered.filter((controller) => controller.state === state);
    return { asked: await ask(open, made.facts), ...(about ? { about } : {}) };
  }
  const at = deps.clock.now();
  const retryAt = at + said.retryAfterSeconds * 1000;
  const waits =
    state === 'enabled' && needing[0]
      ? waitForGitHub(how, needing[0], { why: said.why, retryAt, at })
      : undefined;
  if (waits) return { asked: [], waits };
  const unheard = needing.map((controller) => ({ controller, answer: failed(said.why, 0) }));
  const others = mine.filter((controller) => !needing.includes(controller));
  return { asked: [...unheard, ...(await ask(others, first.facts))] };
}

const answersOf = (asked: readonly Asked[]): ReadonlyMap<string, Answer> =>
  new Map(
    asked.flatMap(({ controller, answer }) => (answer === 'open' ? [] : [[controller.id, answer] as const])),
  );

async function settle(deps: AskDeps, how: How, answered: Answered): Promise<Settled> {
  const { job } = how;
  const { asked, about, waits } = answered;
  if (waits) {
    const decided = { jobId: job.jobId, admission: waits, insteadOf: job.admission, tier: job.tier };
    await deps.jobs.setAdmissions(job.installationId, [decided]);
    return answered;
  }
  if (job.admission?.state !== 'asked') return answered;
  const made = makeDecision({ ...how, at: deps.clock.now(), about, answers: answersOf(asked) });
  if (!made.decision) return answered;
  const stored = (await writeDecisions(deps, job.installationId, [made])).get(job.jobId);
  // SQS delivers the message again, and the next run finds the answers.
  if (stored instanceof OperationalError) throw stored;
  if (stored !== 'stored') return answered;
  // Only the run that decides pokes the line; every message of the round comes here.
  await poke(deps, job);
  return { ...answered, outcome: made.decision.outcome };
}

/** The votes of controllers in dry run, each once, recorded beside the decision that was made without them. */
async function recordLate(
  deps: AskDeps,
  { how, first }: Look,
  { tried, outcome }: { readonly tried: Answered; readonly outcome: DecisionOutcome },
): Promise<void> {
  const { job, round } = how;
  const trying = first.unanswered.filter(({ state }) => state === 'dry_run').map(({ id }) => id);
  const said = { ...how, at: deps.clock.now(), about: tried.about, answers: answersOf(tried.asked) };
  if (!lateDecision(said, { of: new Set(trying), outcome })) return;
  const recorded = await deps.controllers.decisionsOfJob(job.installationId, job.jobId);
  const ofRound = recorded.filter(
    ({ gate, decidedAt }) => gate === round.gate && Date.parse(decidedAt) >= round.at,
  );
  const known = new Set(ofRound.flatMap(({ votes }) => votes.map(({ controllerId }) => controllerId)));
  // With the same time it would be mistaken for the existing one.
  const last = Math.max(round.at, ...ofRound.map(({ decidedAt }) => Date.parse(decidedAt)));
  const of = new Set(trying.filter((id) => !known.has(id)));
  const late = lateDecision({ ...said, at: Math.max(said.at, last + 1) }, { of, outcome });
  if (!late) return;
  await deps.controllers.recordDecisions([late]);
  for (const { vote } of late.votes)
    deps.telemetry.count('AdmissionDryRuns', { kind: round.gate, outcome: vote });
}

/** The next plan for the tier reads the row. */
async function poke(deps: AskDeps, { installationId, tier, state }: Job, delaySeconds = 0): Promise<void> {
  if (!isConfigured(deps, tier) || state !== 'waiting') return;
  await deps.queues.sendToTier(tier, { kind: 'poke', installationId, tier }, { delaySeconds });
}
