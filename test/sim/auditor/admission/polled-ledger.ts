/**
 * The auditor's records of questions that controllers fetch: what the controller itself posted, and which answers
 * counted.
 */
import type { Question } from '../../../../lib/ports/questions.ts';
import type { Note } from '../ledger.ts';
import type { PolicyHistory } from './policy-history.ts';

export type Vote = 'admit' | 'reject';
type About = Pick<Question, 'owner' | 'controllerId' | 'id'>;

export type PolledLedger = ReturnType<typeof createPolledLedger>;

export const questionKey = ({ owner, controllerId, id }: About) => `${owner}/${controllerId}/${id}`;

/** How far the clocks of askers and receivers may be wrong. */
export const clockSkew = 2_000;

export function createPolledLedger(now: () => number, policies: PolicyHistory) {
  const posts = new Map<string, Set<Vote>>();
  const takenAt = new Map<string, number>();
  const acknowledged = new Set<string>();
  return {
    posted(
      { owner, controllerId }: Question,
      { id, vote }: { readonly id: string; readonly vote: Vote },
    ): void {
      const key = questionKey({ owner, controllerId, id });
      posts.set(key, (posts.get(key) ?? new Set()).add(vote));
    },
    /** From now on it is the stored answer. */
    taken(question: Question, vote: Vote, note: Note): void {
      const { controllerId, jobId, askedAt, endsAt } = question;
      const key = questionKey(question);
      if (!posts.get(key)?.has(vote))
        note('invented-answer', `${key} has the answer ${vote}, which nobody gave`);
      takenAt.set(key, now());
      policies.answered({ controllerId, jobId, askedAt, vote });
      // By the asker's clock, its time may have been over.
      if (now() >= endsAt - 2 * clockSkew)
        policies.answered({ controllerId, jobId, askedAt, vote: 'failed' });
    },
    takenAt: (question: About) => takenAt.get(questionKey(question)),
    /** False: another answer was acknowledged before. */
    acknowledge(question: About): boolean {
      const key = questionKey(question);
      const isFirst = !acknowledged.has(key);
      acknowledged.add(key);
      return isFirst;
    },
  };
}
