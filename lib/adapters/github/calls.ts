/** What the calls to GitHub share: how an installation makes requests, where runners are, and how a job is read. */
import type { GitHubJob, RunnerScope } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Parameters } from './app-client.ts';
import type { Grant } from './installation-tokens.ts';

/** With a token of the installation that has only the rights in `grant`. @throws what Octokit throws */
export type Ask = (
  installationId: InstallationId,
  grant: Grant,
  call: readonly [route: string, parameters: Parameters],
) => Promise<unknown>;

/** What differs between runners of an organization and of a repository. */
export function level(scope: RunnerScope): { root: string; place: Parameters; grant: Grant } {
  if (scope.kind === 'organization') {
    return {
      root: '/orgs/{org}/actions/runners',
      place: { org: scope.organization },
      grant: { permissions: { organization_self_hosted_runners: 'write' } },
    };
  }
  return {
    root: '/repos/{owner}/{repo}/actions/runners',
    place: { owner: scope.owner, repo: scope.repository },
    grant: { permissions: { administration: 'write' }, repository: scope.repository },
  };
}

export function jobOf(data: unknown): GitHubJob {
  const job = data as { status: string; conclusion: string | null; runner_name: string | null };
  return {
    status: jobStatuses[job.status] ?? 'queued',
    conclusion: job.conclusion,
    // GitHub sends an empty text if no runner has taken the job.
    runnerName: job.runner_name || null,
  };
}

/** GitHub has several statuses for jobs that have not begun; one held back by a protection rule counts as waiting. */
const jobStatuses: Readonly<Record<string, GitHubJob['status']>> = {
  waiting: 'waiting',
  pending: 'waiting',
  requested: 'queued',
  queued: 'queued',
  in_progress: 'in_progress',
  completed: 'completed',
};
