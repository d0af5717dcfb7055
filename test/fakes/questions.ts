/** Questions to external controllers, in memory: see the port for what each method promises. */
import { laneOf, lanesOf, turnWindow } from '../../lib/core/controllers/question-turns.ts';
import type { Question, QuestionStore, StoredQuestion } from '../../lib/ports/questions.ts';
import { copyOf } from './copy.ts';
import type { StoreWorld } from './world.ts';

const nameOf = ({ owner, controllerId, id }: Pick<Question, 'owner' | 'controllerId' | 'id'>) =>
  `${owner}/${controllerId}/${id}`;

export function createMemoryQuestionStore(world: StoreWorld): QuestionStore {
  return {
    ask: (question) =>
      world.call('questions.ask', ({ questions }) => {
        const known = questions.get(nameOf(question));
        if (known) return known;
        questions.set(nameOf(question), copyOf(question));
        return question as StoredQuestion;
      }),
    pendingOf: (owner, controllerId, { now, limit }) =>
      world.call('questions.pendingOf', ({ questions }) => {
        const fetched = [...questions.values()].filter(
          (one) => one.owner === owner && one.controllerId === controllerId && one.transport === 'poll',
        );
        const isOpen = ({ answer, endsAt }: StoredQuestion) => answer === undefined && now < endsAt;
        // Whoever waits for questions asks again and again, and mostly there are none.
        if (!fetched.some(isOpen)) return [];
        return inLanes(fetched)
          .map((lane) => lane.filter(isOpen))
          .flatMap((lane) => lane.sort((one, other) => one.endsAt - other.endsAt))
          .slice(0, limit);
      }),
    answer: (about, answer, now) =>
      world.call('questions.answer', ({ questions }) => {
        const question = questions.get(nameOf(about));
        if (!question) return { kind: 'unknown' };
        if (question.answer) return { kind: 'answered' };
        if (now >= question.endsAt) return { kind: 'late' };
        questions.set(nameOf(about), { ...question, answer: copyOf(answer) });
        return { kind: 'taken', question };
      }),
  };
}

/** @param asked of one controller, in the order in which it was asked */
function inLanes(asked: readonly StoredQuestion[]): StoredQuestion[][] {
  const [first] = asked;
  if (!first) return [];
  const lanes: StoredQuestion[][] = lanesOf(first.owner).map(() => []);
  const times = new Map<string, number>();
  for (const question of asked) {
    const counted = `${question.installationId}/${turnWindow(question.askedAt)}`;
    const nth = (times.get(counted) ?? 0) + 1;
    times.set(counted, nth);
    lanes[lanes.length > 1 ? laneOf(nth) : 0]!.push(question);
  }
  return lanes;
}
