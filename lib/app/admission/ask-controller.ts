/**
 * Asks one controller about one job, once a round. The question's id is made from the round, so that a repeated call
 * finds the question and its answer. Anything but a valid answer in time is a failure, and the controller's failure
 * policy applies.
 */
import type { Controller } from '../../core/controllers/controller.ts';
import type { JobFacts } from '../../core/controllers/facts.ts';
import type { AskingRound } from '../../core/controllers/job-admission.ts';
import type { Job } from '../../core/job.ts';
import type { Callbacks } from '../../ports/callbacks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import { type Question, type QuestionStore, questionId } from '../../ports/questions.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Answer } from './make-decision.ts';

export interface AskOneDeps {
  readonly controllers: ControllerStore;
  readonly questions: QuestionStore;
  readonly callbacks: Callbacks;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

interface Asking {
  readonly controller: Controller;
  readonly job: Job;
  readonly round: AskingRound;
  readonly facts: JobFacts;
}

/** @returns open: it fetches its questions, and has time left to answer. @throws OperationalError */
export async function askController(deps: AskOneDeps, asking: Asking): Promise<Answer | 'open'> {
  const answer = await askOne(deps, asking);
  if (answer === 'open') return answer;
  const { kind } = asking.controller.transport;
  deps.telemetry.count('AdmissionAnswerMilliseconds', { kind }, answer.milliseconds);
  return answer;
}

async function askOne(deps: AskOneDeps, { controller, job, round, facts }: Asking): Promise<Answer | 'open'> {
  const { owner, id: controllerId, transport, timeoutMilliseconds } = controller;
  if (transport.kind === 'rules') throw new Error(`Rules are judged, and ${controllerId} was to be asked.`);
  const { installationId, jobId } = job;
  const askedAt = deps.clock.now();
  const stored = await deps.questions.ask({
    owner,
    controllerId,
    transport: transport.kind,
    id: questionId(round.at, jobId, round.gate),
    installationId,
    jobId,
    gate: round.gate,
    facts,
    askedAt,
    endsAt: askedAt + timeoutMilliseconds,
  });
  const milliseconds = Math.max(0, deps.clock.now() - stored.askedAt);
  if (stored.answer) return { ...stored.answer, milliseconds };
  // A controller in dry run that failed to answer is not called again; one whose admission is needed is.
  const isOver = controller.state === 'dry_run' && deps.clock.now() >= stored.endsAt;
  if (transport.kind === 'https' && !isOver)
    return call(deps, controller, { url: transport.url, question: stored });
  return deps.clock.now() < stored.endsAt
    ? 'open'
    : failed(`no answer within ${timeoutMilliseconds} ms`, timeoutMilliseconds);
}

/** @param milliseconds how long it took */
export const failed = (reason: string, milliseconds: number): Answer => ({
  vote: 'failed',
  reason,
  milliseconds,
});

async function call(
  deps: AskOneDeps,
  { owner, id, timeoutMilliseconds }: Controller,
  { url, question }: { readonly url: string; readonly question: Question },
): Promise<Answer> {
  const began = deps.clock.now();
  const known = await deps.controllers.secretsOf(owner, id);
  const secrets = known.filter(({ endsAt }) => endsAt === undefined || began < endsAt);
  if (secrets.length === 0) return failed('it has no signing secret', 0);
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
  if (said.kind === 'failed') return failed(said.why, milliseconds);
  const { vote, reason } = said;
  const answer = { vote, ...(reason === undefined ? {} : { reason }) };
  // A repeated call in this round finds it. An answer that is late by then still counts: the caller has measured its
  // time.
  const about = { owner, controllerId: id, id: question.id };
  const { kind } = await deps.questions.answer(about, answer, began);
  // If two asked at once, both use the first answer, whatever the controller answered to the other.
  const first = kind === 'answered' ? (await deps.questions.ask(question)).answer : undefined;
  return { ...(first ?? answer), milliseconds };
}
