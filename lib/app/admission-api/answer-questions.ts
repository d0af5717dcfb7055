/**
 * The protocol of a controller that polls: it fetches the questions that wait for it, and answers each once. An
 * accepted answer counts at once, and the function that asks controllers is notified, so that the job is held no longer.
 */
import { boundedText } from '../../core/bounded-text.ts';
import { controllerBounds } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { GivenAnswer, Question, QuestionStore } from '../../ports/questions.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type Faulty, faulty } from './fault.ts';
import type { LongPollPlace, LongPolls } from './long-polls.ts';

export interface QuestionDeps {
  readonly questions: QuestionStore;
  readonly longPolls: LongPolls;
  readonly queues: Pick<Queues, 'sendToAdmission'>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export interface Polling {
  readonly owner: InstallationId;
  readonly controllerId: string;
}

export const pollBounds = { questions: 10, waitSeconds: 20 } as const;

/** From one look at the questions to the next, while a request waits. */
const lookMilliseconds = 500;
/** For a request without a place to wait. */
const comeAgainSeconds = 1;

export interface Fetched {
  /** As the store orders them. */
  readonly questions: readonly Question[];
  /** There was no place to wait: retry after this time. */
  readonly retryAfterSeconds?: number;
}

/** Those that can still be answered; at most ten. Waits while there is none. @throws OperationalError */
export async function fetchQuestions(
  deps: QuestionDeps,
  polling: Polling,
  waitSeconds: number,
): Promise<Fetched> {
  const first = await look(deps, polling);
  if (first.length > 0 || waitSeconds === 0) return { questions: first };
  const place = await deps.longPolls.take(polling.owner, waitSeconds * 1000);
  if (!place) return { questions: [], retryAfterSeconds: comeAgainSeconds };
  try {
    return { questions: await untilAsked(deps, polling, deps.clock.now() + waitSeconds * 1000) };
  } finally {
    await leave(deps, place);
  }
}

const look = ({ questions, clock }: QuestionDeps, { owner, controllerId }: Polling) =>
  questions.pendingOf(owner, controllerId, { now: clock.now(), limit: pollBounds.questions });

async function untilAsked(deps: QuestionDeps, polling: Polling, end: number): Promise<readonly Question[]> {
  for (;;) {
    const left = end - deps.clock.now();
    if (left <= 0) return [];
    await deps.clock.sleep(Math.min(lookMilliseconds, left));
    const found = await look(deps, polling);
    if (found.length > 0) return found;
  }
}

/** A place that cannot be given back becomes free by itself; what was found is worth more. */
async function leave({ telemetry }: QuestionDeps, place: LongPollPlace): Promise<void> {
  try {
    await place.giveBack();
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    telemetry.event('warn', 'long-poll-place-kept', { code: error.code });
  }
}

/** Undefined: it was taken. @throws OperationalError */
export async function answerQuestion(
  deps: QuestionDeps,
  { owner, controllerId }: Polling,
  { id, vote, reason }: GivenAnswer & { readonly id: string },
): Promise<Faulty | undefined> {
  const answer = {
    vote,
    ...(reason ? { reason: boundedText(reason, controllerBounds.reasonCharacters) } : {}),
  };
  const outcome = await deps.questions.answer({ owner, controllerId, id }, answer, deps.clock.now());
  switch (outcome.kind) {
    case 'taken':
      return void (await announce(deps, outcome.question));
    case 'answered':
      return faulty('conflict', 'answered-already', 'Already answered: the first answer counts.');
    case 'late':
      return faulty('late', 'too-late', 'The time for this question is over: answers no longer count.');
    case 'unknown':
      return faulty('missing', 'no-such-question', 'This controller was not asked this question.');
  }
}

/** The answer stands: without this message it is found when the question's time is over. */
async function announce({ queues, telemetry }: QuestionDeps, question: Question): Promise<void> {
  const { installationId, jobId } = question;
  try {
    await queues.sendToAdmission({ kind: 'admission', installationId, jobId });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    telemetry.event('warn', 'admission-answer-unannounced', { installationId, jobId, code: error.code });
  }
}
