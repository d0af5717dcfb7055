import type { GitHubJob, GitHubRefusal, Installation, RunnerScope } from '../core/github.ts';
import type { InstallationId, JobId } from '../core/ids.ts';

/**
 * GitHub's REST API, as the App. Each tenant's calls use a token for that installation alone.
 * Refusals are answers; what is left (no connection, 5xx) throws OperationalError, which is worth a retry.
 */
export interface GitHub {
  /** As the App itself: is this installation real, and what is it now? */
  getInstallation(installationId: InstallationId): Promise<Answer<Installation>>;
  /** Registers a just-in-time runner. A name that is taken by an idle registration is cleared and tried again, once. */
  createJitConfig(request: JitRequest): Promise<Answer<{ readonly jitConfig: string }>>;
  /** Removes a registration by the runner's name. busy: GitHub is running a job on it, and keeps it. */
  removeRunner(
    installationId: InstallationId,
    scope: RunnerScope,
    name: string,
  ): Promise<Answer<'removed' | 'absent' | 'busy'>>;
  getJob(installationId: InstallationId, repository: string, jobId: JobId): Promise<Answer<GitHubJob>>;
}

export interface JitRequest {
  readonly installationId: InstallationId;
  readonly scope: RunnerScope;
  /** At most 64 characters. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly runnerGroupId: number;
}

export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: GitHubRefusal };
