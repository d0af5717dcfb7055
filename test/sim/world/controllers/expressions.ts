/** Rules and matches as tenants write them, each beside what it means, for whoever checks what became of it. */
import type { Rule } from '../../../../lib/core/controllers/controller.ts';
import type { Ruling } from '../../auditor/admission/policy-history.ts';
import type { Random } from '../../random.ts';
import type { WorldJob } from '../context.ts';

export interface Written {
  readonly rules: readonly Rule[];
  readonly means: (job: WorldJob) => Ruling;
}

export function writeRules(random: Random, repositoryIds: readonly number[]): Written {
  const written = random.pick([
    rejectsNone,
    rejectsTier,
    rejectsRepository,
    rejectsRepository,
    cannotBeJudged,
  ]);
  const { reject, means } = written(random, repositoryIds);
  return { rules: [{ reject, reason: 'By rule.' }], means };
}

type Writing = (
  random: Random,
  repositoryIds: readonly number[],
) => { readonly reject: string; readonly means: (job: WorldJob) => Ruling };

const rejectsNone: Writing = () => ({ reject: 'job.tier == "huge"', means: () => 'admit' });

const rejectsTier: Writing = (random) => {
  const tier = random.pick(['small', 'medium']);
  return { reject: `job.tier == "${tier}"`, means: (job) => (job.tier === tier ? 'reject' : 'admit') };
};

const rejectsRepository: Writing = (random, repositoryIds) => {
  const id = random.pick(repositoryIds);
  return { reject: `repository.id == ${id}`, means: (job) => (job.repositoryId === id ? 'reject' : 'admit') };
};

/** Of every second job. */
const cannotBeJudged: Writing = () => ({
  reject: '1 / (job.id % 2) > 1',
  means: ({ id }) => (id % 2 === 0 ? 'failed' : 'admit'),
});

/** Which jobs it is asked about. */
export function writeMatch(random: Random): { match?: string; matches: (job: WorldJob) => boolean } {
  if (random.chance(0.8)) return { matches: () => true };
  return { match: 'job.tier == "small"', matches: ({ tier }) => tier === 'small' };
}
