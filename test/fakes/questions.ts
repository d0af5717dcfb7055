/** Questions to controllers that poll, in memory: see the port for what each method promises. */
import type { Question, QuestionStore, StoredQuestion } from '../../lib/ports/questions.ts';
import { copyOf } from './copy.ts';
import type { StoreWorld } from './world.ts';

const lookBackMilliseconds = 15 * 60_000;
const lookedAtForEach = 100;
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
      world.call('questions.pendingOf', ({ questions }) =>
        [...questions.values()]
          .filter((one) => one.owner === owner && one.controllerId === controllerId)
          .filter(({ id }) => id >= String(now - lookBackMilliseconds))
          .sort((one, other) => (one.id < other.id ? -1 : 1))
          .slice(-limit * lookedAtForEach)
          .filter(({ answer, endsAt }) => answer === undefined && now < endsAt)
          .slice(0, limit),
      ),
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
