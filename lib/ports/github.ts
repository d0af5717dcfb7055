import type {
  GitHubJob,
  GitHubRefusal,
  GitHubRepository,
  GitHubRun,
  Installation,
  ListedJob,
  ListedRunner,
  RunnerScope,
  WebhookDelivery,
} from '../core/github.ts';
import type { Budgets } from '../core/github-budget.ts';
import type { InstallationId, JobId } from '../core/ids.ts';
import type { RunnerGroup } from '../core/runner-group.ts';

/**
 * GitHub's REST API, as the App. Each tenant's calls use a token for that installation alone.
 * Refusals are returned; everything else (no connection, 5xx) throws a retryable OperationalError.
 */
export interface GitHub {
  /** Optional prefetch: a call for this installation follows at once. */
  prepare(installationId: InstallationId): Promise<void>;
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
  /** Has GitHub run a completed job again, with those that need it. forbidden: its run is not over yet. */
  rerunJob(installationId: InstallationId, repository: string, jobId: JobId): Promise<Answer<'asked'>>;
  getRun(installationId: InstallationId, repository: string, runId: number): Promise<Answer<GitHubRun>>;
  /** The repositories that the installation reaches. */
  listRepositories(installationId: InstallationId, cursor?: string): Promise<Answer<Page<GitHubRepository>>>;
  /** The repository under its current name. not-found: it is gone, or the installation does not reach it. */
  getRepository(installationId: InstallationId, repositoryId: number): Promise<Answer<GitHubRepository>>;
  /** The runs of a repository that are in this state, newest first. */
  listRuns(
    installationId: InstallationId,
    repository: string,
    status: 'queued' | 'in_progress',
    cursor?: string,
  ): Promise<Answer<Page<GitHubRun>>>;
  /** The jobs of a run's latest attempt. */
  listRunJobs(
    installationId: InstallationId,
    repository: string,
    runId: number,
    cursor?: string,
  ): Promise<Answer<Page<ListedJob>>>;
  /** The organization's runner group of this name, without regard to case, or (absent) its default one. Undefined: none. */
  getRunnerGroup(
    installationId: InstallationId,
    organization: string,
    name: string | undefined,
  ): Promise<Answer<RunnerGroup | undefined>>;
  /** Adds a repository to a `selected` group, or removes it. invalid: the group is for others too. */
  admitToGroup(
    installationId: InstallationId,
    organization: string,
    change: { readonly groupId: number; readonly repositoryId: number; readonly isAdmitted: boolean },
  ): Promise<Answer<'changed'>>;
  listRunners(
    installationId: InstallationId,
    scope: RunnerScope,
    cursor?: string,
  ): Promise<Answer<Page<ListedRunner>>>;
  /**
   * As the App itself: the webhook delivery attempts of the last three days with this outcome, newest first. GitHub counts only
   * answers with 400 to 599 as failed; attempts that got no answer in time show only under `any`.
   */
  listDeliveries(
    outcome: 'success' | 'failure' | 'any',
    cursor?: string,
  ): Promise<Answer<Page<WebhookDelivery>>>;
  /** As the App itself: has GitHub deliver this webhook once more, as it was. */
  redeliver(deliveryId: number): Promise<Answer<'accepted'>>;
}

export interface Page<Item> {
  /** At most 100. */
  readonly items: readonly Item[];
  /** Absent: there are no more. */
  readonly cursor?: string;
}

export interface JitRequest {
  readonly installationId: InstallationId;
  readonly scope: RunnerScope;
  /** At most 64 characters. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly runnerGroupId: number;
  /** Of the runner program, for its jobs' files. Absent: `_work`. */
  readonly workFolder?: string;
}

export type Answer<Value> = (
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: GitHubRefusal }
) & {
  /** What is left of the installation's budget, for each resource that GitHub reported. */
  readonly budgets?: Budgets;
};
