/**
 * GitHub's answers about jobs and installations as they were a moment ago, suspended or not. GitHub promises nothing about how
 * soon its API shows what a webhook reported.
 */
import type { GitHubJob, Installation } from '../../../lib/core/github.ts';
import type { InstallationId } from '../../../lib/core/ids.ts';
import type { Answer } from '../../../lib/ports/github.ts';
import type { WorldDeps } from './context.ts';
import type { Late } from './late-indexes.ts';

/** What did not exist yet is shown as it is: GitHub's denials are a fault of their own. */
export function lagGitHub(github: WorldDeps['ports']['github'], late: Late): void {
  const jobs = createHistory<GitHubJob>(late);
  const installations = createHistory<Installation>(late);
  const { putJob, putInstallation, renameAccount, getJob, getInstallation } = github;
  const note = (id: InstallationId) =>
    void getInstallation(id).then((answer) => installations.add(id, answer.ok ? answer.value : undefined));
  github.putJob = (repository, jobId, job, details) => {
    jobs.add(jobId, job);
    putJob(repository, jobId, job, details);
  };
  github.putInstallation = (id, installation) => {
    putInstallation(id, installation);
    note(id);
  };
  github.renameAccount = (id, login) => {
    renameAccount(id, login);
    note(id);
  };
  github.getJob = async (id, repository, jobId) =>
    asItWas(await getJob(id, repository, jobId), jobs.of(jobId));
  github.getInstallation = async (id: InstallationId) => {
    const answer = await getInstallation(id);
    return asItWas(answer, installations.of(id));
  };
}

const asItWas = <Value>(answer: Answer<Value>, value: Value | undefined): Answer<Value> =>
  answer.ok && value !== undefined ? { ...answer, value } : answer;

function createHistory<Value>({ now, lag }: Late) {
  const all = new Map<unknown, { readonly at: number; readonly value: Value }[]>();
  return {
    add(key: unknown, value: Value | undefined) {
      if (value !== undefined) all.set(key, [...(all.get(key) ?? []), { at: now(), value }]);
    },
    /** Undefined: nothing is known of it. */
    of(key: unknown): Value | undefined {
      const known = all.get(key);
      const until = now() - lag();
      return (known?.findLast(({ at }) => at <= until) ?? known?.[0])?.value;
    },
  };
}
