/** What every QuestionStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acme, noon } from '../support/given.ts';
import { givenQuestion } from '../support/questions.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';

const beta = InstallationId(2);
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

    it('shows open questions, however many are answered or late', async () => {
      const jobs = Array.from({ length: 60 }, (_, n) => JobId(n + 1));
      await Promise.all(
        jobs.map(async (jobId) => {
          const question = givenQuestion({ jobId, askedAt: noon + jobId });
          await stores.questions.ask(question);
          if (jobId > 20 && jobId !== 40) await stores.questions.answer(question, admit, noon + jobId);
        }),
      );
      expect((await pending(noon + 5_020, 1)).map(({ jobId }) => jobId)).toEqual([40]);
    });

    it('shows no question of a controller with a URL', async () => {
      await stores.questions.ask(givenQuestion({ transport: 'https' }));
      expect(await pending()).toEqual([]);
    });

    describe('of the operator’s controllers', () => {
      const platforms = (n: number, installationId: InstallationId, askedAt = noon) =>
        stores.questions.ask(
          givenQuestion({ owner: platformOwner, installationId, jobId: JobId(n), askedAt: askedAt + n }),
        );
      const handedOut = async (limit: number) => {
        const page = { now: noon + 4_000, limit };
        const found = await stores.questions.pendingOf(platformOwner, 'ctl_1', page);
        return found.map(({ jobId }) => jobId);
      };

      it('shows each tenant’s first before anybody’s second', async () => {
        for (let n = 1; n <= 12; n += 1) await platforms(n, acme);
        for (let n = 101; n <= 102; n += 1) await platforms(n, beta);
        expect(await handedOut(4)).toEqual([1, 101, 2, 3]);
        expect(await handedOut(13)).toEqual([1, 101, 2, 3, 4, 5, 6, 7, 8, 9, 10, 102, 11]);
      });

      it('keeps the turn of a question that is asked again', async () => {
        for (let n = 1; n <= 3; n += 1) await platforms(n, acme);
        for (let again = 1; again <= 10; again += 1) await platforms(1, acme);
        await platforms(4, acme);
        for (let n = 101; n <= 112; n += 1) await platforms(n, beta);
        expect(await handedOut(20)).toEqual([
          1,
          101,
          2,
          3,
          4,
          ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => 100 + n),
          111,
          112,
        ]);
      });

      it('restarts the turns after the longest time that a question can wait', async () => {
        for (let n = 1; n <= 11; n += 1) await platforms(n, acme, noon - 10_000);
        await platforms(50, beta);
        await platforms(60, acme);
        expect(await handedOut(2)).toEqual([50, 60]);
      });
    });

    it('accepts the first answer, and no second one', async () => {
      const question = givenQuestion();
      await stores.questions.ask(question);
      const no = { vote: 'reject', reason: 'No.' } as const;
      expect(await stores.questions.answer(question, no, noon + 1)).toEqual({ kind: 'taken', question });
      expect(await stores.questions.answer(question, admit, noon + 2)).toEqual({ kind: 'answered' });
      expect(await stores.questions.answer(question, admit, noon + 9_000)).toEqual({ kind: 'answered' });
      expect(await pending()).toEqual([]);
      expect(await stores.questions.ask(question)).toEqual({ ...question, answer: no });
    });

    it('accepts one of two simultaneous answers', async () => {
      const question = givenQuestion();
      await stores.questions.ask(question);
      const both = await Promise.all([1, 2].map(() => stores.questions.answer(question, admit, noon + 1)));
      expect(both.map(({ kind }) => kind).sort()).toEqual(['answered', 'taken']);
    });

    it('accepts no late answer, and none to an unknown question', async () => {
      const question = givenQuestion();
      expect(await stores.questions.answer(question, admit, noon)).toEqual({ kind: 'unknown' });
      await stores.questions.ask(question);
      expect(await stores.questions.answer(question, admit, noon + 5_000)).toEqual({ kind: 'late' });
      const ofOther = { ...question, controllerId: 'ctl_2' };
      expect(await stores.questions.answer(ofOther, admit, noon)).toEqual({ kind: 'unknown' });
    });
  });
}
