/** Which run a job belongs to, and the facts about the run that only GitHub has: always the same for a run. */
import type { RunAbout } from '../../../lib/core/github.ts';
import type { WorldDeps, WorldJob } from './context.ts';

type NewJob = Pick<WorldJob, 'id' | 'repository' | 'attempt'>;

export function runOf({ sharesRuns }: WorldDeps, job: NewJob, before: WorldJob | undefined): number {
  const isOfTheSame =
    sharesRuns && before?.repository === job.repository && before.attempt === job.attempt && job.id % 4 !== 0;
  return isOfTheSame ? before.runId : 1000 + job.id;
}

export const aboutRun = ({ runId, attempt }: Pick<WorldJob, 'runId' | 'attempt'>): RunAbout => ({
  attempt,
  ref: runId % 5 === 0 ? 'release' : 'main',
  event: ['push', 'pull_request', 'schedule'][runId % 3]!,
  fork: runId % 3 === 1 && runId % 2 === 0,
  actor: `user-${runId % 4}`,
  path: `.github/workflows/${runId % 2 === 0 ? 'build' : 'deploy'}.yml`,
});
