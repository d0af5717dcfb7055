/**
 * What the operator's commands ask GitHub in addition to what the platform does: the App's own settings, the state of
 * single jobs, runners and webhooks, and to run a workflow. The platform's functions never call this. Only `dispatch` and
 * `createRunnerGroup` change anything. Refusals come back as answers.
 */
import type { GitHubJob, GitHubRepository, Installation, RunnerScope } from '../../core/github.ts';
import { InstallationId, JobId } from '../../core/ids.ts';
import type { RunnerGroup } from '../../core/runner-group.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Answer } from '../../ports/github.ts';
import { type AppClientOptions, createAppClient, type Parameters } from './app-client.ts';
import { createAsking } from './asking.ts';
import { jobOf, level } from './calls.ts';
import { installationOf } from './github.ts';
import { type RepositoryShape, repositoryOf } from './listings.ts';
import { createRunnerGroup } from './runner-groups.ts';

export interface OperatorGitHub {
  /** As on its settings page. */
  appSettings(): Promise<Answer<AppSettings>>;
  /** The installation that reaches this repository, `owner/name`. not-found: none does. */
  findInstallation(repository: string): Promise<Answer<FoundInstallation>>;
  job(installationId: InstallationId, repository: string, jobId: JobId): Promise<Answer<JobDetails>>;
  /** The jobs of a run's latest attempt, at most 100. */
  runJobs(installationId: InstallationId, repository: string, runId: number): Promise<Answer<JobDetails[]>>;
  /** The latest runs, newest first. */
  latestRuns(installationId: InstallationId, repository: string, count: number): Promise<Answer<LatestRun[]>>;
  repository(installationId: InstallationId, repository: string): Promise<Answer<RepositoryDetails>>;
  /** forbidden or invalid: the App may not read it; it needs administration: read. */
  isActionsOn(installationId: InstallationId, repository: string): Promise<Answer<boolean>>;
  /** At most a thousand. */
  runners(
    installationId: InstallationId,
    scope: RunnerScope,
    name?: string,
  ): Promise<Answer<RunnerDetails[]>>;
  /** At most 100. */
  workflows(installationId: InstallationId, repository: string): Promise<Answer<Workflow[]>>;
  /** Runs a workflow on a branch. invalid: it has no `workflow_dispatch`, or is disabled. @returns the run's id */
  dispatch(
    installationId: InstallationId,
    workflow: { readonly repository: string; readonly workflowId: number; readonly branch: string },
  ): Promise<Answer<number>>;
  /** For these repositories only. invalid: a group of this name exists, or a repository is not the organization's. */
  createRunnerGroup(
    installationId: InstallationId,
    organization: string,
    made: { readonly name: string; readonly repositoryIds: readonly number[] },
  ): Promise<Answer<RunnerGroup>>;
  /**
   * A page of webhook delivery attempts, newest first. failure: answered with 400 to 599; attempts that reached nobody
   * are only in `any`.
   */
  deliveries(outcome: 'failure' | 'any', cursor?: string): Promise<Answer<DeliveryPage>>;
  /** Which job a delivery was about, and what we answered. */
  delivery(id: number): Promise<Answer<DeliveryDetails>>;
}

export interface AppSettings {
  readonly name: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  /** Where GitHub sends webhooks; empty: nowhere. */
  readonly webhookUrl: string;
}

export interface FoundInstallation {
  readonly installationId: InstallationId;
  readonly installation: Installation;
}

export interface JobDetails extends GitHubJob {
  readonly jobId: JobId;
  readonly runId: number;
  readonly labels: readonly string[];
  /** Epoch milliseconds, as the others. */
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
}

export interface LatestRun {
  readonly runId: number;
  readonly workflowId: number;
  readonly createdAt: number;
}

export interface RepositoryDetails extends GitHubRepository {
  readonly defaultBranch: string;
  readonly archived: boolean;
}

export interface RunnerDetails {
  readonly name: string;
  readonly online: boolean;
  readonly busy: boolean;
  readonly labels: readonly string[];
}

export interface Workflow {
  readonly id: number;
  readonly name: string;
  /** Of its file: `.github/workflows/ci.yml`. */
  readonly path: string;
  /** active, or why it is not. */
  readonly state: string;
}

export interface DeliveryItem {
  readonly id: number;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly deliveredAt: number;
  readonly statusCode: number;
}

export interface DeliveryPage {
  readonly items: readonly DeliveryItem[];
  readonly cursor?: string;
}

export interface DeliveryDetails extends DeliveryItem {
  readonly jobId: number | undefined;
  readonly answer: string;
}

const readActions = { permissions: { actions: 'read' } } as const;
const pageSize = 100;
const mostRunnerPages = 10;
const longestAnswer = 160;

export function createOperatorGitHub(options: AppClientOptions & { readonly clock: Clock }): OperatorGitHub {
  const client = createAppClient(options);
  const { ask, answered } = createAsking(client, options.clock);
  const named = (repository: string): Parameters => {
    const [owner, repo] = repository.split('/');
    return { owner, repo };
  };
  const inActions = (installationId: InstallationId, path: string, parameters: Parameters) =>
    ask(installationId, readActions, [`GET /repos/{owner}/{repo}/actions/${path}`, parameters]);

  return {
    appSettings: () =>
      answered(async () => {
        const [app, hook] = await Promise.all([
          client.asApp('GET /app', {}),
          client.asApp('GET /app/hook/config', {}),
        ]);
        const { name, permissions, events } = app as AppSettings;
        return { name, permissions, events, webhookUrl: (hook as { url?: string }).url ?? '' };
      }),
    findInstallation: (repository) =>
      answered(async () => {
        const found = await client.asApp('GET /repos/{owner}/{repo}/installation', named(repository));
        const installationId = InstallationId((found as { id: number }).id);
        return { installationId, installation: installationOf(found) };
      }),
    createRunnerGroup: (installationId, organization, made) =>
      answered(() => createRunnerGroup(ask, { installationId, organization, ...made })),
    job: (installationId, repository, jobId) =>
      answered(async () => {
        const place = { ...named(repository), job_id: jobId };
        return jobDetailsOf(await inActions(installationId, 'jobs/{job_id}', place));
      }),
    runJobs: (installationId, repository, runId) =>
      answered(async () => {
        const place = { ...named(repository), run_id: runId, per_page: pageSize };
        const { jobs } = (await inActions(installationId, 'runs/{run_id}/jobs', place)) as {
          jobs: unknown[];
        };
        return jobs.map(jobDetailsOf);
      }),
    latestRuns: (installationId, repository, count) =>
      answered(async () => {
        const place = { ...named(repository), per_page: count };
        const { workflow_runs: runs } = (await inActions(installationId, 'runs', place)) as {
          workflow_runs: { id: number; workflow_id: number; created_at: string }[];
        };
        return runs.map((run) => ({
          runId: run.id,
          workflowId: run.workflow_id,
          createdAt: Date.parse(run.created_at),
        }));
      }),
    repository: (installationId, repository) =>
      answered(async () => {
        const grant = { permissions: { metadata: 'read' } } as const;
        const found = await ask(installationId, grant, ['GET /repos/{owner}/{repo}', named(repository)]);
        const shape = found as RepositoryShape & { default_branch: string; archived?: boolean };
        return {
          ...repositoryOf(shape),
          defaultBranch: shape.default_branch,
          archived: shape.archived === true,
        };
      }),
    isActionsOn: (installationId, repository) =>
      answered(async () => {
        const grant = { permissions: { administration: 'read' } } as const;
        const route = 'GET /repos/{owner}/{repo}/actions/permissions';
        const found = await ask(installationId, grant, [route, named(repository)]);
        return (found as { enabled: boolean }).enabled;
      }),
    runners: (installationId, scope, name) =>
      answered(async () => {
        const { root, place, grant } = level(scope);
        const read = { ...grant, permissions: readOnly(grant.permissions) };
        const found: RunnerDetails[] = [];
        for (let page = 1; page <= mostRunnerPages; page += 1) {
          const parameters = { ...place, per_page: pageSize, page, ...(name === undefined ? {} : { name }) };
          const { runners } = (await ask(installationId, read, [`GET ${root}`, parameters])) as {
            runners: RunnerShape[];
          };
          found.push(...runners.map(runnerDetailsOf));
          if (runners.length < pageSize) break;
        }
        return found;
      }),
    workflows: (installationId, repository) =>
      answered(async () => {
        const place = { ...named(repository), per_page: pageSize };
        const found = (await inActions(installationId, 'workflows', place)) as { workflows: Workflow[] };
        return found.workflows.map(({ id, name, path, state }) => ({ id, name, path, state }));
      }),
    dispatch: (installationId, { repository, workflowId, branch }) =>
      answered(async () => {
        const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches';
        const body = { workflow_id: workflowId, ref: branch, return_run_details: true };
        const grant = { permissions: { actions: 'write' } } as const;
        const made = await ask(installationId, grant, [route, { ...named(repository), ...body }]);
        return (made as { workflow_run_id: number }).workflow_run_id;
      }),
    deliveries: (outcome, cursor) =>
      answered(async () => {
        const filter = outcome === 'any' ? {} : { status: outcome };
        const page = { per_page: pageSize, ...filter, ...(cursor === undefined ? {} : { cursor }) };
        const { data, next } = await client.pageAsApp('GET /app/hook/deliveries', page);
        const items = (data as DeliveryShape[]).map(itemOf);
        return { items, ...(next === undefined ? {} : { cursor: next }) };
      }),
    delivery: (id) =>
      answered(async () => {
        const found = await client.asApp('GET /app/hook/deliveries/{delivery_id}', { delivery_id: id });
        return detailsOf(found as DeliveryShape);
      }),
  };
}

const readOnly = (permissions: Readonly<Record<string, 'read' | 'write'>>) =>
  Object.fromEntries(Object.keys(permissions).map((name) => [name, 'read' as const]));

function jobDetailsOf(data: unknown): JobDetails {
  const job = data as {
    id: number;
    run_id: number;
    labels: readonly string[];
    created_at: string;
    started_at: string | null;
    completed_at: string | null;
  };
  return {
    ...jobOf(data),
    jobId: JobId(job.id),
    runId: job.run_id,
    labels: job.labels,
    createdAt: Date.parse(job.created_at),
    ...(job.started_at ? { startedAt: Date.parse(job.started_at) } : {}),
    ...(job.completed_at ? { completedAt: Date.parse(job.completed_at) } : {}),
  };
}

interface RunnerShape {
  readonly name: string;
  readonly status: string;
  readonly busy: boolean;
  readonly labels: readonly { readonly name: string }[];
}

const runnerDetailsOf = ({ name, status, busy, labels }: RunnerShape): RunnerDetails => ({
  name,
  online: status === 'online',
  busy,
  labels: labels.map((label) => label.name),
});

interface DeliveryShape {
  readonly id: number;
  readonly event: string;
  readonly action: string | null;
  readonly installation_id: number | null;
  readonly repository_id: number | null;
  readonly delivered_at: string;
  readonly status_code: number;
  readonly request?: { readonly payload?: { readonly workflow_job?: { readonly id?: number } } | null };
  readonly response?: { readonly payload?: unknown };
}

const itemOf = (delivery: DeliveryShape): DeliveryItem => ({
  id: delivery.id,
  event: delivery.event,
  action: delivery.action,
  installationId: delivery.installation_id,
  repositoryId: delivery.repository_id,
  deliveredAt: Date.parse(delivery.delivered_at),
  statusCode: delivery.status_code,
});

function detailsOf(delivery: DeliveryShape): DeliveryDetails {
  const answer = delivery.response?.payload;
  return {
    ...itemOf(delivery),
    jobId: delivery.request?.payload?.workflow_job?.id,
    answer: answerText(answer),
  };
}

/** The platform answers with what it did, and why; other receivers with anything. */
function answerText(payload: unknown): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload ?? '');
  const found = /"outcome":"([a-z]+)"(?:.*"why":"([^"]*)")?/.exec(text);
  return (found ? [found[1], found[2]].filter(Boolean).join(': ') : '').slice(0, longestAnswer);
}
