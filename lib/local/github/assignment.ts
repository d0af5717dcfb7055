/**
 * Assigns queued jobs to idle runners as GitHub does: any job whose labels the runner all has, in its scope and group,
 * oldest first. GitHub reserves nothing: a runner may get another job than the one it was made for.
 */
import { groupsOf } from './groups.ts';
import type { GitHubStore, JobRecord, RunnerRecord } from './store.ts';
import { nameKey } from './store.ts';

/** Assigns whatever can be assigned now. */
export function assignJobs(store: GitHubStore): void {
  const idle = [...store.runners.values()].filter((runner) => runner.online && runner.job === undefined);
  if (idle.length === 0) return;
  for (const job of store.jobs.values()) {
    if (job.status !== 'queued' || job.assignedAt !== undefined) continue;
    const at = idle.findIndex((runner) => suits(store, runner, job));
    const [runner] = at < 0 ? [] : idle.splice(at, 1);
    if (runner) give(store, runner, job);
    if (idle.length === 0) return;
  }
}

function give(store: GitHubStore, runner: RunnerRecord, job: JobRecord) {
  runner.job = job;
  job.assignedAt = store.now();
  job.runner = { id: runner.id, name: runner.name, groupId: runner.groupId };
  runner.answerPoll?.(job);
}

function suits(store: GitHubStore, runner: RunnerRecord, job: JobRecord): boolean {
  const has = new Set(runner.labels.map(nameKey));
  // `runs-on: {group: …}` alone accepts any runner of the group; a job with neither labels nor group accepts none.
  if (job.labels.length === 0 && job.group === undefined) return false;
  if (!job.labels.every((label) => has.has(nameKey(label)))) return false;
  // A repository's runners are in no group that a job could name.
  if (runner.scope.kind === 'repository') {
    return job.group === undefined && runner.scope.repository === job.repository;
  }
  return runner.scope.account === job.repository.owner && groupAllows(store, runner, job);
}

function groupAllows(store: GitHubStore, runner: RunnerRecord, job: JobRecord): boolean {
  const group = groupsOf(store, job.repository.owner.login).find(({ id }) => id === runner.groupId);
  if (!group) return false;
  if (job.group !== undefined && nameKey(job.group) !== nameKey(group.name)) return false;
  if (!job.repository.private && !group.allowsPublicRepositories) return false;
  if (group.visibility === 'selected') return group.repositoryIds.has(job.repository.id);
  return group.visibility === 'all' || job.repository.private;
}
