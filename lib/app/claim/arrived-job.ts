/**
 * Which job did GitHub give this machine? Only GitHub's own report counts: its event when the job began, or its
 * answer about the run that the job's hook names. A wrong hint leads to no job with this runner's name. A name is no
 * proof either: a repository's administrators can register a runner of their own under this machine's name, and let it
 * take a job that may run. So a job counts only if it is of the run that the hook names: until the gate opens, nothing
 * but GitHub's runner runs there.
 */
import type { RunHint } from '../../contract/machine.ts';
import { instanceNamed } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Notes } from '../../ports/notes.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { startAskedSeconds, startAsks, startLookMilliseconds, startPages } from '../common/settings.ts';

export interface ArrivedDeps {
  readonly runners: RunnerStore;
  readonly jobs: JobStore;
  readonly github: GitHub;
  readonly notes: Notes;
  readonly clock: Clock;
}

export interface Arrived {
  /** Undefined: GitHub has not reported it yet. */
  readonly job: Job | undefined;
  readonly tenant: Tenant | undefined;
}

/** Waits for GitHub's event for a second or two, if the machine comes first. */
export async function arrivedJob(
  deps: ArrivedDeps,
  runner: Runner,
  hint: RunHint | undefined,
): Promise<Arrived> {
  const asking = { runner, hint };
  const { job, tenant } = await deps.runners.readPlan({ ...runner, plannedJob: jobOf(runner) });
  if (job && isOn(job, asking)) return { job, tenant };
  const soon = await lookAgain(deps, asking, startLookMilliseconds.soon);
  if (soon.job) return soon;
  const found = hint && (await jobOfRun(deps, runner, hint));
  if (found) return { job: found, tenant: soon.tenant };
  return lookAgain(deps, asking, startLookMilliseconds.late);
}

interface Asking {
  readonly runner: Runner;
  readonly hint: RunHint | undefined;
}

async function lookAgain(deps: ArrivedDeps, asking: Asking, waits: readonly number[]): Promise<Arrived> {
  const { runner } = asking;
  let known = runner;
  let tenant: Tenant | undefined;
  for (const milliseconds of waits) {
    await deps.clock.sleep(milliseconds);
    const read = await deps.runners.readRun(known);
    tenant = read.tenant;
    if (read.job && isOn(read.job, asking)) return { job: read.job, tenant };
    if (read.runner?.state !== 'listening') break;
    // GitHub gave it another job than planned: the next look is at that one.
    known = read.runner;
  }
  return { job: undefined, tenant };
}

/** Also for a job that is over by now: GitHub reported the same. */
const isOn = ({ state, runner: name, runId }: Job, { runner, hint }: Asking) =>
  name === runner.instanceId &&
  (state === 'running' || state === 'done') &&
  (hint === undefined || hint.runId === runId);

async function jobOfRun(deps: ArrivedDeps, runner: Runner, hint: RunHint): Promise<Job | undefined> {
  const { installationId, instanceId } = runner;
  if (!(await mayAsk(deps, runner))) return undefined;
  let cursor: string | undefined;
  for (let page = 1; page <= startPages; page++) {
    const answer = await deps.github.listRunJobs(installationId, hint.repository, hint.runId, cursor);
    if (!answer.ok) return undefined;
    const found = answer.value.items.find(({ runnerName }) => instanceNamed(runnerName) === instanceId);
    // If no webhook announced it, its row is written together with its start, and the machine waits for that.
    if (found) return deps.jobs.get(installationId, found.jobId);
    cursor = answer.value.cursor;
    if (cursor === undefined) return undefined;
  }
  return undefined;
}

/**
 * Not at first, because GitHub's webhook is on its way, and not forever: a machine that keeps asking must not cost
 * calls.
 */
async function mayAsk({ notes, clock }: ArrivedDeps, { instanceId }: Runner): Promise<boolean> {
  const now = clock.now();
  const name = `start-asks/${instanceId}`;
  const note = (await notes.read([name], now)).get(name);
  const asks = Number(note?.value['asks'] ?? 0);
  if (asks > startAsks) return false;
  const expiresAt = now + startAskedSeconds * 1000;
  const isNoted = await notes.writeIf(name, {
    value: { asks: asks + 1 },
    expiresAt,
    version: note?.version ?? 0,
    now,
  });
  return isNoted && asks > 0;
}
