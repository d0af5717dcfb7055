/** Rules and matches as tenants write them, each with the same decision in code, for checks of the result. */
import type { Rule } from '../../../../lib/core/controllers/controller.ts';
import type { Ruling } from '../../auditor/admission/policy-history.ts';
import type { Random } from '../../random.ts';
import type { WorldJob } from '../context.ts';
import { aboutRun } from '../runs.ts';

export interface Written {
  readonly rules: readonly Rule[];
  readonly means: (job: WorldJob) => Ruling;
  readonly needsGitHub: boolean;
}

export interface Writer {
  readonly random: Random;
  readonly repositoryIds: readonly number[];
  /** Some need facts that only GitHub has. */
  readonly namesRuns: boolean;
}

export function writeRules({ random, repositoryIds, namesRuns }: Writer): Written {
  const ofRuns = namesRuns && random.chance(0.6);
  const plain = [rejectsNone, rejectsTier, rejectsRepository, rejectsRepository, cannotBeJudged];
  const written = random.pick(ofRuns ? [rejectsEvent, rejectsForks, rejectsPath, rejectsReruns] : plain);
  const { reject, means } = written(random, repositoryIds);
  return { rules: [{ reject, reason: 'By rule.' }], means, needsGitHub: ofRuns };
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

/** Applies to every second job. */
const cannotBeJudged: Writing = () => ({
  reject: '1 / (job.id % 2) > 1',
  means: ({ id }) => (id % 2 === 0 ? 'failed' : 'admit'),
});

const rejectsEvent: Writing = (random) => {
  const event = random.pick(['push', 'pull_request', 'schedule']);
  return {
    reject: `run.event == "${event}"`,
    means: (job) => (aboutRun(job).event === event ? 'reject' : 'admit'),
  };
};

const rejectsForks: Writing = () => ({
  reject: 'run.fork',
  means: (job) => (aboutRun(job).fork ? 'reject' : 'admit'),
});

const rejectsPath: Writing = () => ({
  reject: 'workflow.path.endsWith("deploy.yml") && run.ref != "release"',
  means: (job) => {
    const { path, ref } = aboutRun(job);
    return path.endsWith('deploy.yml') && ref !== 'release' ? 'reject' : 'admit';
  },
});

const rejectsReruns: Writing = () => ({
  reject: 'run.attempt > 1',
  means: ({ attempt }) => (attempt > 1 ? 'reject' : 'admit'),
});

interface Match {
  readonly match?: string;
  readonly matches: (job: WorldJob) => boolean;
  readonly needsGitHub: boolean;
}

/** Which jobs it is asked about. */
export function writeMatch({ random, namesRuns }: Writer): Match {
  if (random.chance(namesRuns ? 0.6 : 0.8)) return { matches: () => true, needsGitHub: false };
  if (namesRuns && random.chance(0.6))
    return { match: 'run.actor != "user-3"', matches: isOfOtherActors, needsGitHub: true };
  return { match: 'job.tier == "small"', matches: ({ tier }) => tier === 'small', needsGitHub: false };
}

const isOfOtherActors = (job: WorldJob) => aboutRun(job).actor !== 'user-3';
