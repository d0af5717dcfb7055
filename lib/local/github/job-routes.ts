/**
 * Jobs and runs as GitHub reports them, and rerunning a job: a new job of the same run, one attempt later.
 * Source: https://docs.github.com/en/rest/actions/workflow-jobs
 */
import { jobShape, runShape } from './job-shapes.ts';
import { queueJob } from './jobs.ts';
import {
  type Call,
  created,
  installation,
  notFound,
  ok,
  page,
  Refusal,
  type Route,
  repositoryOf,
  route,
} from './router.ts';
import type { JobRecord } from './store.ts';
import { fullName } from './store.ts';
import type { Webhooks } from './webhooks.ts';

const root = '/repos/{owner}/{repo}/actions';
const read = installation('actions', 'read');
const write = installation('actions', 'write');

export function jobRoutes(webhooks: Webhooks): Route[] {
  const again = (call: Call, job: JobRecord) =>
    queueJob(call.store, webhooks, {
      repository: fullName(job.repository),
      labels: job.labels,
      ...(job.group === undefined ? {} : { group: job.group }),
      ...(job.workflow === undefined ? {} : { workflow: job.workflow }),
      milliseconds: job.milliseconds,
      steps: job.steps,
      runId: job.runId,
      runAttempt: job.runAttempt + 1,
    });
  return [
    route('GET', `${root}/jobs/{job_id}`, read, (call) => ok(jobShape(call.store, knownJob(call)))),
    route('POST', `${root}/jobs/{job_id}/rerun`, write, (call) => {
      const job = knownJob(call);
      if (job.status !== 'completed') throw new Refusal(403, 'This job is already running');
      again(call, job);
      return created({});
    }),
    route('GET', `${root}/runs`, read, listRuns),
    route('GET', `${root}/runs/{run_id}`, read, (call) =>
      ok(runShape(call.store, Number(call.parts['run_id']), jobsOfRun(call))),
    ),
    route('GET', `${root}/runs/{run_id}/jobs`, read, (call) => {
      const jobs = jobsOfRun(call);
      const latest = Math.max(...jobs.map((job) => job.runAttempt));
      const wanted =
        call.query.get('filter') === 'all' ? jobs : jobs.filter((job) => job.runAttempt === latest);
      return jobList(call, wanted);
    }),
    route('GET', `${root}/runs/{run_id}/attempts/{attempt_number}/jobs`, read, (call) =>
      jobList(
        call,
        jobsOfRun(call).filter((job) => job.runAttempt === Number(call.parts['attempt_number'])),
      ),
    ),
    route('POST', `${root}/runs/{run_id}/rerun-failed-jobs`, write, (call) => {
      for (const job of jobsOfRun(call)) if (job.conclusion !== 'success') again(call, job);
      return created({});
    }),
  ];
}

/**
 * Jobs and runs of public repositories are shown to any token.
 * Source: https://docs.github.com/en/rest/actions/workflow-jobs ("if only public resources are requested")
 */
const readableRepository = (call: Call) => repositoryOf(call, call.method === 'GET');

function knownJob(call: Call): JobRecord {
  const repository = readableRepository(call);
  const job = call.store.jobs.get(Number(call.parts['job_id']));
  if (job?.repository !== repository) throw notFound();
  return job;
}

function jobsOf(call: Call): JobRecord[] {
  const repository = readableRepository(call);
  return [...call.store.jobs.values()].filter((job) => job.repository === repository);
}

function jobsOfRun(call: Call): JobRecord[] {
  const jobs = jobsOf(call).filter((job) => job.runId === Number(call.parts['run_id']));
  if (jobs.length === 0) throw notFound();
  return jobs;
}

function jobList(call: Call, wanted: readonly JobRecord[]) {
  const { items, total, headers } = page(call, wanted);
  const jobs = items.map((job) => jobShape(call.store, job));
  return { status: 200, body: { total_count: total, jobs }, headers };
}

function listRuns(call: Call) {
  const runs = [...Map.groupBy(jobsOf(call), (job) => job.runId)].map(([runId, jobs]) =>
    runShape(call.store, runId, jobs),
  );
  const status = call.query.get('status');
  const wanted = runs.filter((run) => status === null || run.status === status || run.conclusion === status);
  const { items, total, headers } = page(call, wanted.reverse());
  return { status: 200, body: { total_count: total, workflow_runs: items }, headers };
}
