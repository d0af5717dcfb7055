/**
 * The start gate: a machine whose runner got a job asks whether its first step may run. The job is the one that GitHub says
 * it has, whatever was planned. Until that is known, and a yes, nothing runs: the machine asks for some seconds, and then
 * ends its runner by itself. The machine's papers open nothing else by then.
 */
import type { MachineRequest, StartAnswer } from '../../contract/machine.ts';
import { judgeRepository } from '../../core/admission.ts';
import type { Job } from '../../core/job.ts';
import type { Reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { jobSetupSeconds } from '../common/settings.ts';
import { type ArrivedDeps, arrivedJob } from './arrived-job.ts';
import { aboutTicket, authenticateMachine, type DoorDeps } from './authenticate-machine.ts';

export interface StartDeps extends DoorDeps, ArrivedDeps {
  readonly telemetry: Telemetry;
  readonly deployment: { readonly limits: { readonly idleSeconds: number } };
}

export type StartResult = StartAnswer | { readonly action: 'refuse'; readonly why: string };

/** How long after the time to boot a machine may ask: it listened, and its runner prepared the job. */
export const lateSeconds = ({ limits }: StartDeps['deployment']): number =>
  limits.idleSeconds + jobSetupSeconds;

/** @throws OperationalError: the machine asks again */
export async function answerStart(deps: StartDeps, request: MachineRequest): Promise<StartResult> {
  const machine = await authenticateMachine(deps, request, lateSeconds(deps.deployment));
  if ('refused' in machine) return refuse(deps, { ...aboutTicket(machine), reason: machine.refused });
  const { ticket, instanceId, nonce } = machine;
  const { installationId, launchId, tier } = ticket;
  const runner = await deps.runners.get(installationId, instanceId);
  const isIt = runner?.launchId === launchId && runner.nonce === nonce && runner.state === 'listening';
  const about = { installationId, instanceId, launchId, tier };
  if (!isIt) return refuse(deps, { ...about, reason: 'not-listening' });
  const { job, tenant } = await arrivedJob(deps, runner, request.hint);
  if (!job || !tenant) return { action: 'again' };
  const why = await refusalAtStart(tenant, job);
  return why ? reject(deps, { runner, job, why }) : admit(deps, { runner, job });
}

/** Undefined: its first step may run. */
async function refusalAtStart(tenant: Tenant, job: Job): Promise<Reason | undefined> {
  const verdict = judgeRepository(tenant, job);
  return verdict?.kind === 'refuse' ? verdict.reason : undefined;
}

interface OnMachine {
  readonly runner: Runner;
  readonly job: Job;
}

function admit(deps: StartDeps, on: OnMachine): StartAnswer {
  deps.telemetry.event('info', 'start-admitted', aboutStart(on), { StartsAnswered: 1 });
  return { action: 'admit' };
}

/** Said once, however often the machine asks. */
async function reject(deps: StartDeps, on: OnMachine & { readonly why: Reason }): Promise<StartAnswer> {
  const { runner, job, why } = on;
  const isFirst = await deps.jobs.noteStartRefusal(job.installationId, job.jobId, why);
  if (isFirst) {
    // A job that no machine was bought for runs on one that was bought for another.
    const isStolen = runner.plannedJob !== job.jobId;
    const about = { ...aboutStart(on), outcome: 'rejected', reason: why.code };
    deps.telemetry.event('warn', 'start-rejected', about, {
      StartsAnswered: 1,
      GatesDisagree: isStolen ? 1 : 0,
    });
  }
  return { action: 'reject', why: why.text };
}

const aboutStart = ({ runner, job }: OnMachine) => ({
  installationId: job.installationId,
  jobId: job.jobId,
  instanceId: runner.instanceId,
  plannedJobId: runner.plannedJob,
  tier: runner.tier,
  outcome: 'admitted',
});

function refuse(deps: StartDeps, about: { readonly reason: string }): StartResult {
  deps.telemetry.event('warn', 'start-refused', about, { StartsRefused: 1 });
  return { action: 'refuse', why: about.reason };
}
