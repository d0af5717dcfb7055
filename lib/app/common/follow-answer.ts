/**
 * Records GitHub's answer about a job that was assumed to wait for a machine: that it began or ended unreported, or that an
 * approval holds it. The sweep handles the machine that a start names.
 */
import type { GitHubJob } from '../../core/github.ts';
import { type InstanceId, instanceNamed } from '../../core/ids.ts';
import { endOnGitHub, type Job } from '../../core/job.ts';
import { jobOf } from '../../core/runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Answer } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { doubtJob, goneReason, undoubtJob } from './doubt-job.ts';

interface AnswerDeps {
  readonly jobs: JobStore;
  readonly runners: Pick<RunnerStore, 'get' | 'recordRan'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** @returns whether it still waits for a machine, as far as GitHub said */
export async function followAnswer(deps: AnswerDeps, job: Job, answer: Answer<GitHubJob>): Promise<boolean> {
  const { installationId, jobId } = job;
  const at = deps.clock.now();
  if (!answer.ok) {
    // A refusal for another reason says nothing about the job.
    if (answer.refusal.kind !== 'not-found') return true;
    const isClosed = await doubtJob(deps, job, { why: goneReason(job) });
    logFound(deps, job, isClosed ? 'job-gone-closed' : 'job-gone-doubted');
    return false;
  }
  await undoubtJob(deps, job);
  const { status, conclusion, runnerName } = answer.value;
  const runner = instanceNamed(runnerName);
  switch (status) {
    case 'queued':
      return true;
    case 'waiting':
      await deps.jobs.block(installationId, jobId, at);
      break;
    case 'in_progress': {
      await deps.jobs.start(installationId, jobId, { runner, at, unsettled: true });
      if (runner) {
        await deps.jobs.markUnsettled(installationId, jobId, runner, at);
        await noteOnMachine(deps, job, runner);
      }
      break;
    }
    case 'completed':
      await deps.jobs.finish(installationId, jobId, endOnGitHub({ conclusion, runner, at }));
      if (runner) await noteOnMachine(deps, job, runner);
  }
  logFound(deps, job, `job-found-${status}`);
  return false;
}

/** The machine must not count as idle. A runner's name proves nothing: it may be that of another tenant's machine. */
async function noteOnMachine({ runners }: AnswerDeps, job: Job, instanceId: InstanceId): Promise<void> {
  const { installationId, jobId } = job;
  const runner = await runners.get(installationId, instanceId);
  if (runner && jobOf(runner) !== jobId) await runners.recordRan([{ instanceId, jobId }]);
}

function logFound(deps: AnswerDeps, { installationId, jobId, tier }: Job, kind: string): void {
  deps.telemetry.event('info', 'repair', { installationId, jobId, tier, kind }, { Repairs: 1 });
}
