/**
 * Asks a job's external controllers, records the decision of all its controllers, and pokes the job's tier. A message is a
 * hint: the job's row says what to ask, and under which policy. A round's questions have ids
 * made of the row, so that a message which comes again asks nobody a second time whose answer is there.
 */

import type { Deployment } from '../../contract/deployment.ts';
import { type AskControllers, parseMessage } from '../../contract/messages.ts';
import type { Controller } from '../../core/controllers/controller.ts';
import type { Gate } from '../../core/controllers/decision.ts';
import { policyMark } from '../../core/controllers/job-admission.ts';
import type { Job } from '../../core/job.ts';
import type { Callbacks } from '../../ports/callbacks.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Question, type QuestionStore, questionId } from '../../ports/questions.ts';
import type { Queues } from '../../ports/queues.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { Batch, type Delivery } from '../common/batch.ts';
import { groupNameOf } from '../common/runner-groups.ts';
import type { AdmissionDeps } from './decide-waiting.ts';
import { type Answer, type Made, makeDecision } from './make-decision.ts';
import { policyNow } from './policies.ts';
import { type WriteDeps, writeDecisions } from './write-decisions.ts';

export interface AskDeps extends AdmissionDeps, WriteDeps {
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
  if (policies.length === 0 || admission?.policy !== policyMark(tenant)) return poke(deps, job);
  const { deployment } = deps;
  const group = groupNameOf(deps, tenant);
  const gate: Gate = job.state === 'waiting' ? 'queue' : 'start';
  const how = { deployment, tenant, job, group, policies, rules, gate };
  const { unanswered, facts } = makeDecision({ ...how, at: deps.clock.now() });
  const round = { job, gate, facts };
  const isOpen = admission?.state === 'asked';
  const asked = unanswered.filter(({ state }) => isOpen || state === 'dry_run');
  const answering = asked.map(async (controller) => {
    const answer = await askOne(deps, { ...round, controller });
    measure(deps, { controller, answer, gate });
    return { controller, answer };
  });
  // One may fail before anybody waits for it: it is heard of below, and must not end the process until then.
  void Promise.allSettled(answering);
  // Nobody waits for dry run.
  const obeyed = await Promise.all(answering.filter((_, n) => asked[n]?.state === 'enabled'));
  if (isOpen) await settle(deps, makeDecision({ ...how, at: deps.clock.now(), answers: answersOf(obeyed) }));
  const all = await Promise.all(answering);
  const dry = all.filter(({ controller }) => controller.state === 'dry_run');
  const inDryRun = answersOf(dry);
  const { decision } = makeDecision({ ...how, at: deps.clock.now(), answers: answersOf(all) });
  if (inDryRun.size > 0 && decision) await deps.controllers.recordDecisions([decision]);
  const open = all.filter(({ answer }) => answer === 'open').map(({ controller }) => controller);
  if (open.length === 0) return;
  const longest = Math.max(...open.map(({ timeoutMilliseconds }) => timeoutMilliseconds));
  const message = { kind: 'admission', installationId, jobId } as const;
  await deps.queues.sendToAdmission(message, { delaySeconds: Math.ceil(longest / 1000) + 1 });
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
  // Only what GitHub knows of a run is left open by rules, and nobody has asked it.
  if (transport.kind === 'rules') return failure('GitHub was not asked about the run', 0);
  const { installationId, jobId } = job;
  const askedAt = deps.clock.now();
  const stored = await deps.questions.ask({
    owner,
    controllerId,
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

async function settle(deps: AskDeps, made: Made): Promise<void> {
  if (!made.decision) return;
  await writeDecisions(deps, made.job.installationId, [made]);
  await poke(deps, made.job);
}

/** The next plan for the tier reads the row. */
async function poke({ queues }: AskDeps, { installationId, tier, state }: Job): Promise<void> {
  if (tier && state === 'waiting') await queues.sendToTier(tier, { kind: 'poke', installationId, tier });
}
