/**
 * What a polling controller may rely on: it gets every open question, and no questions of others, none that was
 * answered, and none that is late. The first answer that is in time counts, and only that one is acknowledged; for
 * every other answer the response states truly why it does not count.
 */
import type { Fetched } from '../../../../lib/app/admission-api/answer-questions.ts';
import type { Question } from '../../../../lib/ports/questions.ts';
import type { Ledger, Note } from '../ledger.ts';
import { clockSkew, questionKey, type Vote } from './polled-ledger.ts';

/** A request returns at most this many. */
const mostQuestions = 10;

interface FetchedBy extends Fetched {
  readonly owner: number;
  readonly controllerId: string;
  /** When the request was sent, and which questions were open then. */
  readonly begun: { readonly at: number; readonly open: readonly Question[] };
}

/** The open questions of this controller at this moment, but for those that an index may not show yet. */
export const openQuestions = (
  { rows, now, longestIndexLag }: Ledger,
  controllerId: string,
): readonly Question[] => {
  const isShown = ({ askedAt }: Question) =>
    longestIndexLag === 0 || askedAt + longestIndexLag + clockSkew <= now();
  return [...rows.questions.values()].filter(
    (question) =>
      question.controllerId === controllerId &&
      !question.answer &&
      now() < question.endsAt &&
      isShown(question),
  );
};

export function checkFetched(ledger: Ledger, fetched: FetchedBy, note: Note): void {
  const { owner, controllerId, questions, begun } = fetched;
  const got = new Set(questions.map(questionKey));
  for (const question of questions) {
    const key = questionKey(question);
    if (question.owner !== owner || question.controllerId !== controllerId)
      note('wrong-controller', `${controllerId} of ${owner} got ${key}`);
    if (begun.at >= question.endsAt + clockSkew)
      note('handed-out-late', `${key} was handed out after it had expired`);
    if (begun.at > (ledger.polled.takenAt(question) ?? Number.POSITIVE_INFINITY))
      note('handed-out-answered', `${key} was handed out after it was answered`);
  }
  if (questions.length > mostQuestions)
    note('too-many-questions', `${controllerId} got ${questions.length} questions`);
  if (questions.length >= mostQuestions) return;
  // These were open the whole time.
  const missed = begun.open.filter(
    (question) =>
      ledger.polled.takenAt(question) === undefined &&
      ledger.now() < question.endsAt - clockSkew &&
      !got.has(questionKey(question)),
  );
  for (const question of missed)
    note('question-withheld', `${questionKey(question)} was open, but not handed out`);
}

interface Answered {
  readonly question: Question;
  readonly given: { readonly id: string; readonly vote: Vote };
  readonly postedAt: number;
  /** Undefined: nobody knows. */
  readonly answer: string | undefined;
}

export function checkAnswered(
  ledger: Ledger,
  { question, given, postedAt, answer }: Answered,
  note: Note,
): void {
  const about = { ...question, id: given.id };
  const key = questionKey(about);
  const stored = ledger.rows.questions.get(key);
  const says = (why: string) => note('answer-misjudged', `${given.vote} for ${key} was ${answer}: ${why}`);
  switch (answer) {
    case undefined:
      return;
    case 'taken':
      if (stored?.answer?.vote !== given.vote) says(`${stored?.answer?.vote ?? 'nothing'} is stored`);
      if (!ledger.polled.acknowledge(about)) says('another one was acknowledged before');
      if (postedAt > question.endsAt + clockSkew) says('it came too late');
      return;
    case 'conflict':
      if (!stored?.answer) says('it has no answer');
      return;
    case 'late':
      if (ledger.now() < question.endsAt - clockSkew) says('it was in time');
      return;
    case 'missing':
      if (stored) says('it was asked');
      return;
    default:
      says('that is no answer to it');
  }
}
