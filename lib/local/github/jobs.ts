/**
 * The life of a job on GitHub: (waiting →) queued → in_progress → completed, each step with its webhook. A completed job
 * never changes again. An ephemeral runner's registration ends with its job.
 */
import { repositoryShape } from './account-shapes.ts';
import { assignJobs } from './assignment.ts';
import { ensureRepository, installationOf } from './installations.ts';
import { jobShape } from './job-shapes.ts';
import type { GitHubStore, JobRecord, RunnerRecord, StepRecord } from './store.ts';
import { fullName, nameKey, takeId } from './store.ts';
import type { Webhooks } from './webhooks.ts';

export interface JobRequest {
  /** `owner/name`; the owner must have an account here. */
  readonly repository: string;
  readonly labels: readonly string[];
  /** As in `runs-on: {group: …, labels: …}`. */
  readonly group?: string;
  /** How long the runner program works on it, a whole number; absent: 1000. */
  readonly milliseconds?: number;
  /**
   * What it does instead; each step runs after the one before succeeded, unless it says otherwise; one named `fail…`
   * fails.
   */
  readonly steps?: readonly (Pick<StepRecord, 'name'> & Partial<StepRecord>)[];
  /** It waits until someone approves it. */
  readonly requiresApproval?: boolean;
  /** The run that it belongs to. Absent: of the first workflow, by a push. */
  readonly workflow?: { readonly id: number; readonly event: string };
  readonly jobId?: number;
  readonly runId?: number;
  readonly runAttempt?: number;
}

/** Completed jobs beyond this number are dropped, oldest first. */
const jobsKept = 20_000;

/** @throws Error if the repository's owner is unknown, or the job's length is none */
export function queueJob(store: GitHubStore, webhooks: Webhooks, request: JobRequest): JobRecord {
  const job = addJob(store, request);
  if (job.status === 'waiting') announceHeld(store, webhooks, job);
  else sendJob(store, webhooks, { job, action: 'queued' });
  assignJobs(store);
  return job;
}

/**
 * GitHub may announce a job as queued before it announces that it waits for approval, and again after the approval.
 * Source: https://github.com/CloudSnorkel/cdk-github-runners/issues/380 and 416
 */
function announceHeld(store: GitHubStore, webhooks: Webhooks, job: JobRecord): void {
  job.status = 'queued';
  sendJob(store, webhooks, { job, action: 'queued' });
  job.status = 'waiting';
  sendJob(store, webhooks, { job, action: 'waiting' });
}

/** Creates the job, without a webhook. */
export function addJob(store: GitHubStore, request: JobRequest): JobRecord {
  const [ownerName = '', name = ''] = request.repository.split('/');
  const owner = store.accounts.get(nameKey(ownerName));
  if (!owner || name === '') {
    const known = [...store.accounts.values()].map(({ login }) => login).join(', ') || 'none';
    throw new Error(
      `A job needs a repository "owner/name" of a known owner, not "${request.repository}"; known: ${known}.`,
    );
  }
  const job: JobRecord = {
    id: request.jobId ?? takeId(store),
    runId: request.runId ?? takeId(store),
    runAttempt: request.runAttempt ?? 1,
    repository: ensureRepository(store, owner, { name }),
    labels: request.labels,
    group: request.group,
    workflow: request.workflow,
    milliseconds: wholeMilliseconds(request.milliseconds ?? 1000),
    steps: (request.steps ?? []).map(stepRecord),
    begun: [],
    log: [],
    status: request.requiresApproval ? 'waiting' : 'queued',
    conclusion: null,
    createdAt: store.now(),
    queuedAt: store.now(),
    startedAt: undefined,
    completedAt: undefined,
    assignedAt: undefined,
    runner: undefined,
  };
  store.jobs.set(job.id, job);
  forgetOldJobs(store);
  store.emit('job-queued', { jobId: job.id, repository: fullName(job.repository), labels: job.labels });
  return job;
}

/** An action's `pre:` runs under always() unless the action says otherwise (actions/runner, ActionManager.cs). */
const stepRecord = (step: NonNullable<JobRequest['steps']>[number]): StepRecord => ({
  stage: 'main',
  condition: step.stage === 'pre' ? 'always()' : 'success()',
  ...step,
  milliseconds: wholeMilliseconds(step.milliseconds ?? 1),
});

/** @throws Error: the runner program counts in whole numbers, and would fail the job */
export function wholeMilliseconds(given: number): number {
  if (Number.isSafeInteger(given) && given >= 0) return given;
  throw new Error(`A job takes a whole number of milliseconds, not ${given}; round it.`);
}

export function approveJob(store: GitHubStore, webhooks: Webhooks, id: number): void {
  const job = knownJob(store, id);
  if (job.status !== 'waiting')
    throw new Error(`Job ${id} is ${job.status}; only a waiting job can be approved.`);
  job.status = 'queued';
  job.queuedAt = store.now();
  sendJob(store, webhooks, { job, action: 'queued' });
  assignJobs(store);
}

export function cancelJob(store: GitHubStore, webhooks: Webhooks, id: number): void {
  completeJob(store, webhooks, { job: knownJob(store, id), conclusion: 'cancelled' });
}

export function startJob(store: GitHubStore, webhooks: Webhooks, job: JobRecord): void {
  job.status = 'in_progress';
  job.startedAt = store.now();
  store.emit('job-started', { jobId: job.id, runner: job.runner?.name });
  sendJob(store, webhooks, { job, action: 'in_progress' });
}

export function completeJob(
  store: GitHubStore,
  webhooks: Webhooks,
  end: {
    job: JobRecord;
    conclusion: 'success' | 'failure' | 'cancelled';
    /** Its webhook has already been sent. */
    isTold?: boolean;
  },
): void {
  const { job, conclusion } = end;
  if (job.status === 'completed') return;
  job.status = 'completed';
  job.conclusion = conclusion;
  job.completedAt = store.now();
  const runner = job.runner && store.runners.get(job.runner.id);
  if (runner) removeRunner(store, runner, 'its job is over');
  store.emit('job-completed', { jobId: job.id, conclusion, runner: job.runner?.name });
  if (!end.isTold) sendJob(store, webhooks, { job, action: 'completed' });
}

/** The runner that it was assigned to did not start it: another one may have it. */
export function takeJobBack(store: GitHubStore, job: JobRecord): void {
  job.assignedAt = undefined;
  job.runner = undefined;
  assignJobs(store);
}

export function removeRunner(store: GitHubStore, runner: RunnerRecord, why: string): void {
  store.runners.delete(runner.id);
  runner.answerPoll?.(undefined);
  store.emit('runner-removed', { runner: runner.name, why });
}

/** Sends the webhook to the job's installation, unless it is suspended or does not reach the repository. */
function sendJob(store: GitHubStore, webhooks: Webhooks, what: { job: JobRecord; action: string }) {
  const { job, action } = what;
  const installation = installationOf(store, job.repository.owner.login);
  if (installation?.suspendedAt !== undefined || !installation?.repositories.has(job.repository)) return;
  const { owner, ...repository } = repositoryShape(store, job.repository);
  const organization = { login: owner.login, id: owner.id, node_id: owner.node_id, url: owner.url };
  const fields = {
    workflow_job: jobShape(store, job),
    repository: { ...repository, owner },
    ...(owner.type === 'Organization' ? { organization } : {}),
    ...(action === 'waiting' ? { deployment: { id: job.id, environment: 'production' } } : {}),
  };
  webhooks.send({ event: 'workflow_job', action, installation, repository: job.repository, fields });
}

export function knownJob(store: GitHubStore, id: number): JobRecord {
  const job = store.jobs.get(id);
  if (!job) throw new Error(`There is no job ${id}; GET /_control/state lists those there are.`);
  return job;
}

function forgetOldJobs(store: GitHubStore) {
  if (store.jobs.size <= jobsKept) return;
  for (const job of store.jobs.values()) {
    if (job.status !== 'completed') continue;
    store.jobs.delete(job.id);
    return;
  }
}
