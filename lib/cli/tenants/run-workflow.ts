/**
 * Runs a workflow of a repository and follows its first job through the platform's own rows, from the webhook to the
 * end. It runs only a workflow that somebody named: a workflow may do anything, even publish a release.
 */
import type { JobDetails, OperatorGitHub, Workflow } from '../../adapters/github/operator-github.ts';
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import { refusalText } from '../insight/github-of.ts';
import type { CommandStores } from '../insight/stores.ts';
import { failed, passed, type Row } from '../verify-report.ts';

export interface RunDeps {
  readonly operator: Pick<OperatorGitHub, 'workflows' | 'dispatch' | 'runJobs'>;
  readonly stores: Pick<CommandStores, 'jobs' | 'runners' | 'launches'>;
  /** A line about why the job has not run within the time limit. */
  explain(installationId: InstallationId, jobId: JobId, repository: string): Promise<string>;
  now(): number;
  pause(milliseconds: number): Promise<unknown>;
}

export interface RunRequest {
  readonly installationId: InstallationId;
  /** `owner/name`. */
  readonly repository: string;
  readonly branch: string;
  /** The name of a workflow, or of its file. */
  readonly workflow: string;
  readonly waitSeconds: number;
}

const lookMilliseconds = 1_000;

export async function runWorkflow(deps: RunDeps, request: RunRequest): Promise<Row> {
  const { installationId, repository, branch } = request;
  const check = `${repository} run`;
  const end = deps.now() + request.waitSeconds * 1000;
  const workflows = await deps.operator.workflows(installationId, repository);
  if (!workflows.ok) return failed(check, refusalText(workflows), 'The App needs Actions: read and write.');
  const workflow = workflows.value.find((one) => isNamed(one, request.workflow));
  if (!workflow)
    return failed(check, `it has no workflow named ${request.workflow}`, howToAdd(workflows.value));
  const place = { repository, workflowId: workflow.id, branch };
  const run = await deps.operator.dispatch(installationId, place);
  if (!run.ok) return failed(check, `${workflow.name}: ${refusalText(run)}`, remedyOf(run.refusal.kind));
  const job = await firstJob(deps, { installationId, repository, runId: run.value, end });
  if (!job)
    return failed(
      check,
      `run ${run.value} of ${workflow.name} created no job in time`,
      'See the run on GitHub.',
    );
  const done = await followJob(deps, { installationId, jobId: job.jobId, end });
  if (!done) {
    const why = await deps.explain(installationId, job.jobId, repository);
    return failed(
      check,
      `job ${job.jobId} was not over after ${request.waitSeconds} s: ${why}`,
      explainAgain(job.jobId),
    );
  }
  if (done.outcome === 'refused') {
    return failed(check, `job ${job.jobId} was refused: ${done.reason?.text ?? ''}`, explainAgain(job.jobId));
  }
  return judged(check, done, await machineOf(deps, installationId, done));
}

const explainAgain = (jobId: JobId) => `npx mayfly explain ${jobId}`;

const isNamed = ({ name, path }: Workflow, wanted: string) =>
  [name, path, path.split('/').at(-1)].some((known) => known?.toLowerCase() === wanted.toLowerCase());

const howToAdd = (known: readonly Workflow[]) =>
  `Name one that is harmless and has on: workflow_dispatch, with --workflow (there are ${known.map(({ name }) => name).join(', ') || 'none'}); docs/OPERATIONS.md shows one to add.`;

const remedyOf = (kind: string) =>
  kind === 'forbidden'
    ? 'The App needs Actions: read and write; an owner must accept the permission.'
    : 'The workflow needs on: workflow_dispatch on the default branch, and must not be disabled.';

interface Followed {
  readonly installationId: InstallationId;
  readonly end: number;
}

async function firstJob(
  deps: RunDeps,
  { installationId, repository, runId, end }: Followed & { repository: string; runId: number },
): Promise<JobDetails | undefined> {
  for (;;) {
    const jobs = await deps.operator.runJobs(installationId, repository, runId);
    if (jobs.ok && jobs.value[0]) return jobs.value[0];
    if (deps.now() >= end) return undefined;
    await deps.pause(lookMilliseconds);
  }
}

/** Undefined: it took too long. */
async function followJob(
  { stores, now, pause }: RunDeps,
  { installationId, jobId, end }: Followed & { jobId: JobId },
): Promise<Job | undefined> {
  for (;;) {
    const job = await stores.jobs.get(installationId, jobId);
    if (job?.state === 'done') return job;
    if (now() >= end) return undefined;
    await pause(lookMilliseconds);
  }
}

interface Took {
  readonly runner?: Runner;
  readonly launch?: Launch;
}

async function machineOf({ stores }: RunDeps, installationId: InstallationId, job: Job): Promise<Took> {
  const runner = job.runner && (await stores.runners.get(installationId, job.runner));
  const launch = runner && (await stores.launches.get(installationId, runner.launchId));
  return { ...(runner ? { runner } : {}), ...(launch ? { launch } : {}) };
}

/** The check's result, from how the job ended. */
export function judged(check: string, job: Job, { runner, launch }: Took): Row {
  const { jobId, conclusion, outcome, tier } = job;
  if (!runner) {
    const how = 'Another runner of the account has these labels, or GitHub itself ran it.';
    return failed(check, `job ${jobId} ran on no machine of the platform (${job.runner ?? 'unknown'})`, how);
  }
  const phases = phasesOf(job, runner, launch).map(({ name, seconds }) => `${name} ${seconds} s`);
  const found = `${runner.instanceId} (${runner.instanceType}, ${tier}) took job ${jobId}: ${phases.join(', ')}; ${conclusion ?? outcome}`;
  return conclusion === 'success'
    ? passed(check, found)
    : failed(check, found, "The job's own log on GitHub says why it did not succeed.");
}

export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

/** How long each step took, in order. The time of a step without a timestamp counts towards the next one. */
export function phasesOf(job: Job, runner: Runner, launch: Launch | undefined): Phase[] {
  const marks: readonly (readonly [name: string, at: number | undefined])[] = [
    ['webhook', job.acceptedAt],
    ['plan', launch?.createdAt],
    ['EC2', runner.launchedAt],
    ['boot', runner.claimedAt],
    ['register', runner.listeningAt],
    ['assign', job.startedAt],
    ['job', job.doneAt],
  ];
  let before = job.queuedAt;
  return marks.flatMap(([name, at]) => {
    if (at === undefined) return [];
    const seconds = Math.max(0, Math.round((at - before) / 1000));
    before = Math.max(before, at);
    return [{ name, seconds }];
  });
}
