/** What every QuestionStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import { JobId } from '../../lib/core/ids.ts';
import { type Question, questionId } from '../../lib/ports/questions.ts';
import { acme, noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';

const givenQuestion = (over: Partial<Question> = {}): Question => {
  const { jobId = JobId(1), askedAt = noon, gate = 'queue' } = over;
  return {
    owner: acme,
    controllerId: 'ctl_1',
    id: questionId(askedAt, jobId, gate),
    installationId: acme,
    jobId,
    gate,
    facts: {
      account: { login: 'acme', id: 1, type: 'Organization' },
      repository: { name: 'acme/app', id: 7 },
      workflow: {},
      run: { id: 5 },
      job: { id: jobId, labels: ['a'], tier: 'small', level: 'organization', group: 'Default' },
    },
    askedAt,
    endsAt: askedAt + 5_000,
    ...over,
  };
};
const admit = { vote: 'admit' } as const;

export function questionStoreContract(backend: StoreBackend): void {
  describe(`QuestionStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());
    const pending = (now = noon, limit = 10) => stores.questions.pendingOf(acme, 'ctl_1', { now, limit });

    it('shows a question to its controller until its time is over', async () => {
      const question = givenQuestion();
      expect(await stores.questions.ask(question)).toEqual(question);
      await stores.questions.ask(givenQuestion({ controllerId: 'ctl_2' }));
      await stores.questions.ask(givenQuestion({ owner: platformOwner }));
      expect(await pending(noon + 4_999)).toEqual([question]);
      expect(await pending(noon + 5_000)).toEqual([]);
    });

    it('keeps the first of two questions of one id', async () => {
      const question = givenQuestion();
      await stores.questions.ask(question);
      expect(await stores.questions.ask({ ...question, endsAt: noon + 9_000 })).toEqual(question);
    });

    it('shows the oldest first, and no more than asked for', async () => {
      const asked = [3, 1, 2].map((n) => givenQuestion({ jobId: JobId(n), askedAt: noon + n }));
      for (const question of asked) await stores.questions.ask(question);
      expect((await pending(noon + 10, 2)).map(({ jobId }) => jobId)).toEqual([1, 2]);
    });

    it('shows what was asked just now, however many were answered before', async () => {
      const jobs = Array.from({ length: 120 }, (_, n) => JobId(n + 1));
      await Promise.all(
        jobs.map(async (jobId) => {
          const question = givenQuestion({ jobId, askedAt: noon + jobId });
          await stores.questions.ask(question);
          if (jobId < 120) await stores.questions.answer(question, admit, noon + jobId);
        }),
      );
      expect((await pending(noon + 200, 1)).map(({ jobId }) => jobId)).toEqual([120]);
    });

    it('takes the first answer, and no second one', async () => {
      const question = givenQuestion();
      await stores.questions.ask(question);
      const no = { vote: 'reject', reason: 'No.' } as const;
      expect(await stores.questions.answer(question, no, noon + 1)).toEqual({ kind: 'taken', question });
      expect(await stores.questions.answer(question, admit, noon + 2)).toEqual({ kind: 'answered' });
      expect(await stores.questions.answer(question, admit, noon + 9_000)).toEqual({ kind: 'answered' });
      expect(await pending()).toEqual([]);
      expect(await stores.questions.ask(question)).toEqual({ ...question, answer: no });
    });

    it('takes one of two answers at once', async () => {
      const question = givenQuestion();
      await stores.questions.ask(question);
      const both = await Promise.all([1, 2].map(() => stores.questions.answer(question, admit, noon + 1)));
      expect(both.map(({ kind }) => kind).sort()).toEqual(['answered', 'taken']);
    });

    it('takes no late answer, and none to a question that was not asked', async () => {
      const question = givenQuestion();
      expect(await stores.questions.answer(question, admit, noon)).toEqual({ kind: 'unknown' });
      await stores.questions.ask(question);
      expect(await stores.questions.answer(question, admit, noon + 5_000)).toEqual({ kind: 'late' });
      const ofOther = { ...question, controllerId: 'ctl_2' };
      expect(await stores.questions.answer(ofOther, admit, noon)).toEqual({ kind: 'unknown' });
    });
  });
}
