/**
 * Asks a job's external controllers, records the decision of all its controllers, and pokes the job's tier. A message is a
 * hint: the job's row says what to ask, and under which policy. A round's questions have ids made of the row, so that a
 * message which comes again asks nobody a second time whose answer is there. If an expression needs facts that only GitHub
 * has, GitHub is asked about the run first.
 */

import type { Deployment } from '../../contract/deployment.ts';
import { type AskControllers, parseMessage } from '../../contract/messages.ts';
import type { Controller } from '../../core/controllers/controller.ts';
import type { Gate } from '../../core/controllers/decision.ts';
import {
  isOfOtherPlatformPolicy,
  isWaitingForGitHub,
  type JobAdmission,
  policyMark,
} from '../../core/controllers/job-admission.ts';
import type { RunAbout } from '../../core/github.ts';
import type { Job } from '../../core/job.ts';
import type { Callbacks } from '../../ports/callbacks.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import { type Question, type QuestionStore, questionId } from '../../ports/questions.ts';
import type { Queues } from '../../ports/queues.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import { groupNameOf } from '../common/runner-groups.ts';
import { platformPolicySeconds } from '../common/settings.ts';
import { type AboutAnswer, type AboutDeps, aboutRun } from './about-run.ts';
import type { AdmissionDeps } from './decide-waiting.ts';
import { type Answer, type Deciding, type Made, makeDecision, waitForGitHub } from './make-decision.ts';
import { policyNow } from './policies.ts';
import { type WriteDeps, writeDecisions } from './write-decisions.ts';

export interface AskDeps extends AdmissionDeps, WriteDeps, AboutDeps {
  readonly deployment: Deployment;
  readonly tenants: TenantStore;
  readonly questions: QuestionStore;
  readonly callbacks: Callbacks;
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
  if (!job?.tier || !read || job.state === 'done') return;
  const { tenant, policies, rules } = await policyNow(deps, read);
  // Under another policy it is planned for anew, and asked about again if need be.
  const { admission } = job;
  if (policies.length === 0 || !admission || admission.policy !== policyMark(tenant)) {
    // A copy that plans sooner may go by the older policy, and would ask for this look again.
    const isKept = admission !== undefined && isOfOtherPlatformPolicy(admission, tenant);
    return poke(deps, job, isKept ? platformPolicySeconds : 0);
  }
  // A message that came twice, or of a poll: GitHub wants to be left alone until then.
  if (isWaitingForGitHub(admission, deps.clock.now())) return;
  const gate: Gate = job.state === 'waiting' ? 'queue' : 'start';
  const how = {
    deployment: deps.deployment,
    tenant,
    job,
    group: groupNameOf(deps, tenant),
    policies,
    rules,
    gate,
  };
  const first = makeDecision({ ...how, at: deps.clock.now() });
  let asking: Promise<AboutAnswer> | undefined;
  const round = { how, first, aboutRun: () => (asking ??= aboutRun(deps, job)) };
  const enabled = admission.state === 'asked' ? askThose(deps, round, 'enabled') : notAsked;
  const trying = askThose(deps, round, 'dry_run');
  // It may fail before anybody waits for it: it is heard of below, and must not end the process until then.
  void Promise.allSettled([trying]);
  // Nobody waits for dry run.
  const obeyed = await settle(deps, how, await enabled);
  const tried = await trying;
  const all = [...obeyed.asked, ...tried.asked];
  const about = obeyed.about ?? tried.about ?? (await aboutForRecord(round, tried));
  const { decision } = makeDecision({ ...how, at: deps.clock.now(), about, answers: answersOf(all) });
  const isMore = answersOf(tried.asked).size > 0 || (tried.about && !obeyed.about);
  if (isMore && decision) await deps.controllers.recordDecisions([decision]);
  const open = all.filter(({ answer }) => answer === 'open').map(({ controller }) => controller);
  if (open.length === 0) return;
  const longest = Math.max(...open.map(({ timeoutMilliseconds }) => timeoutMilliseconds));
  const message = { kind: 'admission', installationId, jobId } as const;
  await deps.queues.sendToAdmission(message, { delaySeconds: Math.ceil(longest / 1000) + 1 });
}

type How = Omit<Deciding, 'at' | 'answers' | 'about'>;

interface Round {
  readonly how: How;
  /** As it is before anybody was asked. */
  readonly first: Made;
  readonly aboutRun: () => Promise<AboutAnswer>;
}

interface Answered {
  readonly asked: readonly Asked[];
  readonly about?: RunAbout;
  /** Nobody was asked: the job waits for GitHub. */
  readonly waits?: JobAdmission;
}

/** Those that decided earlier by GitHub's word are in the record of what dry run says now. It is in the run's note. */
async function aboutForRecord({ first, aboutRun }: Round, tried: Answered): Promise<RunAbout | undefined> {
  if (first.needGitHub.size === 0 || answersOf(tried.asked).size === 0) return undefined;
  const said = await aboutRun();
  return said.kind === 'known' ? said.about : undefined;
}

const notAsked: Promise<Answered> = Promise.resolve({ asked: [] });

/** GitHub first, where one of them has an expression that needs it. */
async function askThose(
  deps: AskDeps,
  { how, first, aboutRun }: Round,
  state: 'enabled' | 'dry_run',
): Promise<Answered> {
  const mine = first.unanswered.filter((controller) => controller.state === state);
  const needing = mine.filter(({ id }) => first.needGitHub.has(id));
  const said = needing[0] ? await aboutRun() : undefined;
  const ask = async (controllers: readonly Controller[], facts: Made['facts']) =>
    Promise.all(
      controllers.map(async (controller) => {
        const answer = await askOne(deps, { controller, job: how.job, gate: how.gate, facts });
        measure(deps, { controller, answer, gate: how.gate });
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
  const failed = needing.map((controller) => ({ controller, answer: failure(said.why, 0) }));
  const others = mine.filter((controller) => !needing.includes(controller));
  return { asked: [...failed, ...(await ask(others, first.facts))] };
}

interface Asked {
  readonly controller: Controller;
  /** open: it has time left to answer. */
  readonly answer: Answer | 'open';
}

const answersOf = (asked: readonly Asked[]): ReadonlyMap<string, Answer> =>
  new Map(
    asked.flatMap(({ controller, answer }) => (answer === 'open' ? [] : [[controller.id, answer] as const])),
  );

function measure(
  { telemetry }: AskDeps,
  { controller, answer, gate }: Asked & { readonly gate: Gate },
): void {
  if (answer === 'open') return;
  const { transport, state } = controller;
  telemetry.count('AdmissionAnswerMilliseconds', { kind: transport.kind }, answer.milliseconds);
  // What decides is counted with the decision.
  if (state === 'dry_run') telemetry.count('AdmissionDryRuns', { kind: gate, outcome: answer.vote });
}

interface Asking {
  readonly controller: Controller;
  readonly job: Job;
  readonly gate: Gate;
  readonly facts: Made['facts'];
}

async function askOne(deps: AskDeps, { controller, job, gate, facts }: Asking): Promise<Answer | 'open'> {
  const { owner, id: controllerId, transport, timeoutMilliseconds } = controller;
  if (transport.kind === 'rules') throw new Error(`Rules are judged, and ${controllerId} was to be asked.`);
  const { installationId, jobId } = job;
  const askedAt = deps.clock.now();
  const stored = await deps.questions.ask({
    owner,
    controllerId,
    transport: transport.kind,
    id: questionId(job.admission?.at ?? askedAt, jobId, gate),
    installationId,
    jobId,
    gate,
    facts,
    askedAt,
    endsAt: askedAt + timeoutMilliseconds,
  });
  const milliseconds = Math.max(0, deps.clock.now() - stored.askedAt);
  if (stored.answer) return { ...stored.answer, milliseconds };
  if (transport.kind === 'https') return call(deps, controller, { url: transport.url, question: stored });
  return deps.clock.now() < stored.endsAt
    ? 'open'
    : failure(`no answer within ${timeoutMilliseconds} ms`, timeoutMilliseconds);
}

const failure = (reason: string, milliseconds: number): Answer => ({ vote: 'failed', reason, milliseconds });

async function call(
  deps: AskDeps,
  { owner, id, timeoutMilliseconds }: Controller,
  { url, question }: { readonly url: string; readonly question: Question },
): Promise<Answer> {
  const began = deps.clock.now();
  const known = await deps.controllers.secretsOf(owner, id);
  const secrets = known.filter(({ endsAt }) => endsAt === undefined || began < endsAt);
  if (secrets.length === 0) return failure('it has no signing secret', 0);
  const said = await deps.callbacks.ask({
    installationId: question.installationId,
    url,
    secrets: secrets.map(({ value }) => value),
    timeoutMilliseconds,
    body: {
      type: 'admission.request',
      id: question.id,
      timestamp: new Date(began).toISOString(),
      gate: question.gate,
      controller: id,
      facts: question.facts,
    },
  });
  const milliseconds = Math.max(0, deps.clock.now() - began);
  if (said.kind === 'failed') return failure(said.why, milliseconds);
  const { vote, reason } = said;
  const answer = { vote, ...(reason === undefined ? {} : { reason }) };
  // Whoever asks again in this round, finds it. It may be late by then, and counts: the caller has measured its time.
  const about = { owner, controllerId: id, id: question.id };
  const { kind } = await deps.questions.answer(about, answer, began);
  // Of two that asked at once both go by the first answer, whatever the controller told the other.
  const first = kind === 'answered' ? (await deps.questions.ask(question)).answer : undefined;
  return { ...(first ?? answer), milliseconds };
}

/** @returns what it was given */
async function settle(deps: AskDeps, how: How, answered: Answered): Promise<Answered> {
  const { job } = how;
  const { asked, about, waits } = answered;
  if (waits) {
    await deps.jobs.setAdmissions(job.installationId, [{ jobId: job.jobId, admission: waits }]);
    return answered;
  }
  if (job.admission?.state !== 'asked') return answered;
  const made = makeDecision({ ...how, at: deps.clock.now(), about, answers: answersOf(asked) });
  if (!made.decision) return answered;
  const stored = (await writeDecisions(deps, job.installationId, [made])).get(job.jobId);
  // The message comes again, and finds the answers.
  if (stored instanceof OperationalError) throw stored;
  await poke(deps, job);
  return answered;
}

/** The next plan for the tier reads the row. */
async function poke(
  { queues }: AskDeps,
  { installationId, tier, state }: Job,
  delaySeconds = 0,
): Promise<void> {
  if (!tier || state !== 'waiting') return;
  await queues.sendToTier(tier, { kind: 'poke', installationId, tier }, { delaySeconds });
}
