/** A question to a controller that polls. */
import { JobId } from '../../lib/core/ids.ts';
import { type Question, questionId } from '../../lib/ports/questions.ts';
import { acme, noon } from './given.ts';

export const givenQuestion = (over: Partial<Question> = {}): Question => {
  const { jobId = JobId(1), askedAt = noon, gate = 'queue' } = over;
  return {
    owner: acme,
    controllerId: 'ctl_1',
    transport: 'poll',
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
