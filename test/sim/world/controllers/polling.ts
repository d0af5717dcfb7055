/**
 * Controllers that fetch their questions and post their answers, each one or two programs that call the route's own
 * use cases. A program may die between fetching and answering; its successor does not know what it took. While no
 * question is asked nobody polls, since every answer would be empty.
 */
import type { Fetched } from '../../../../lib/app/admission-api/answer-questions.ts';
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { Question } from '../../../../lib/ports/questions.ts';
import { checkAnswered, checkFetched, openQuestions } from '../../auditor/admission/check-polled.ts';
import type { Random } from '../../random.ts';
import type { WorldDeps } from '../context.ts';
import type { Reply } from './answering.ts';

export interface Pollers {
  /** From now on it polls. */
  begin(controller: Controller): void;
}

interface Program {
  readonly owner: Controller['owner'];
  readonly controllerId: string;
  isPolling: boolean;
  /** The questions that it has taken since it was started. */
  taken: Set<string>;
}

type ReplyOf = (controllerId: string, jobId: number, timeout: number) => Reply;

/** After the last question's deadline, to allow for wrong clocks. */
const marginMilliseconds = 2_000;

export function createPollers(deps: WorldDeps, random: Random, replyOf: ReplyOf): Pollers {
  const programs = new Map<string, Program[]>();
  followQuestions(deps, (question) => {
    for (const program of programs.get(question.controllerId) ?? []) wake(program, question.endsAt);
  });
  const until = new Map<string, number>();
  const { scheduler, log, plane, auditor } = deps;
  const { ledger, note } = auditor;

  function wake(program: Program, endsAt: number): void {
    const { controllerId } = program;
    until.set(controllerId, Math.max(until.get(controllerId) ?? 0, endsAt + marginMilliseconds));
    if (program.isPolling) return;
    program.isPolling = true;
    scheduler.after(random.between(0, 600), () => void poll(program));
  }

  async function poll(program: Program): Promise<void> {
    while (scheduler.now() < until.get(program.controllerId)!) {
      const begun = { at: scheduler.now(), open: openQuestions(ledger, program.controllerId) };
      const fetched = await plane.fetchQuestions(program, random.pick([0, 0, 2, 20]));
      if (fetched) checkFetched(ledger, { ...program, ...fetched, begun }, note);
      if (fetched) take(program, fetched);
      if (random.chance(0.1)) die(program);
      await scheduler.sleep((fetched?.retryAfterSeconds ?? 0.4) * 1000);
    }
    program.isPolling = false;
  }

  function take({ taken, controllerId }: Program, { questions }: Fetched): void {
    for (const question of questions.filter(({ id }) => !taken.has(id))) {
      taken.add(question.id);
      const { id, jobId, askedAt, endsAt } = question;
      const { milliseconds, vote, fault } = replyOf(controllerId, jobId, endsAt - askedAt);
      if (fault === 'never' || fault === 'malformed' || fault === 'status') continue;
      const given = { vote, id: fault === 'wrong-id' ? `${id}0` : id };
      postAfter(milliseconds, { question, given, taken });
      // It cannot know whether its first answer arrived, and may have changed its decision.
      const again = { ...given, vote: random.pick(['admit', 'reject'] as const) };
      const after = milliseconds + random.between(0, random.pick([300, 4_000]));
      if (random.chance(0.4)) postAfter(after, { question, given: again, taken });
    }
  }

  function postAfter(
    milliseconds: number,
    { question, given, taken }: { question: Question; given: Given; taken: ReadonlySet<string> },
  ): void {
    scheduler.after(milliseconds, async () => {
      // A dead program posts nothing more.
      if (!taken.has(question.id)) return;
      const { owner, controllerId, jobId } = question;
      log.add(() => `${controllerId} posts ${given.vote} for job ${jobId}`);
      const postedAt = scheduler.now();
      ledger.polled.posted(question, given);
      const answer = await plane.answerQuestion({ owner, controllerId }, given);
      checkAnswered(ledger, { question, given, postedAt, answer }, note);
    });
  }

  function die(program: Program): void {
    log.add(() => `a process of ${program.controllerId} dies with its questions unanswered`);
    program.taken.clear();
    program.taken = new Set();
  }

  return {
    begin({ owner, id: controllerId }) {
      const count = random.chance(0.3) ? 2 : 1;
      programs.set(
        controllerId,
        Array.from({ length: count }, () => ({ owner, controllerId, isPolling: false, taken: new Set() })),
      );
    },
  };
}

interface Given {
  readonly id: string;
  readonly vote: 'admit' | 'reject';
}

/** @param asked called with each new question to fetch */
function followQuestions({ ports, auditor }: WorldDeps, asked: (question: Question) => void): void {
  const { questions } = ports.stores;
  const { ledger, note } = auditor;
  const ask = questions.ask.bind(questions);
  questions.ask = async (question) => {
    const isNew = !ledger.rows.questions.has(`${question.owner}/${question.controllerId}/${question.id}`);
    const stored = await ask(question);
    if (isNew && question.transport === 'poll') asked(question);
    return stored;
  };
  const answer = questions.answer.bind(questions);
  questions.answer = async (about, given, now) => {
    const outcome = await answer(about, given, now);
    if (outcome.kind === 'taken' && outcome.question.transport === 'poll')
      ledger.polled.taken(outcome.question, given.vote, note);
    return outcome;
  };
}
