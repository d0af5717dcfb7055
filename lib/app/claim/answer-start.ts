/**
 * The start gate: a machine whose runner got a job asks whether its first step may run. The job is the one that GitHub
 * says it has, whatever was planned. Nothing runs until that is known and admitted: the machine asks for a few seconds,
 * and then ends its runner itself. By then the machine's credentials are valid for nothing else.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { MachineRequest, StartAnswer } from '../../contract/machine.ts';
import { judgeControllers, judgeRepository, type Verdict } from '../../core/admission.ts';
import { policyMark } from '../../core/controllers/job-admission.ts';
import type { Job } from '../../core/job.ts';
import type { Reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type AdmissionDeps, decideWaiting } from '../admission/decide-waiting.ts';
import { knownGroup, readGroupNote } from '../common/runner-groups.ts';
import { jobSetupSeconds } from '../common/settings.ts';
import { type ArrivedDeps, arrivedJob } from './arrived-job.ts';
import { aboutTicket, authenticateMachine, type DoorDeps } from './authenticate-machine.ts';

export interface StartDeps extends DoorDeps, ArrivedDeps, AdmissionDeps {
  readonly telemetry: Telemetry;
  readonly deployment: Deployment;
  readonly queues: Queues;
}

export type StartResult = StartAnswer | { readonly action: 'refuse'; readonly why: string };

/** How long after the time to boot a machine may ask: it listened, and its runner prepared the job. */
export const lateSeconds = ({ limits }: Pick<Deployment, 'limits'>): number =>
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
  const verdict = await verdictAtStart(deps, { tenant, runner, job });
  switch (verdict.kind) {
    case 'admit':
      return admit(deps, { runner, job });
    case 'hold':
      return { action: 'again', why: verdict.reason.text };
    case 'refuse':
      return reject(deps, { runner, job, why: verdict.reason });
  }
}

/** The controllers' decision at the queue gate counts if their policy is unchanged; otherwise they are asked now. */
async function verdictAtStart(
  deps: StartDeps,
  { tenant, runner, job }: OnMachine & { readonly tenant: Tenant },
): Promise<Verdict> {
  const ofRepository = judgeRepository(tenant, job);
  if (ofRepository) return ofRepository;
  if (policyMark(tenant) === undefined) return { kind: 'admit' };
  const tier = deps.deployment.tiers.find(({ name }) => name === runner.tier);
  // The tier was removed from the configuration meanwhile: the earlier decision is all that there will be.
  if (!tier) return judgeControllers(tenant, job) ?? { kind: 'admit' };
  const group = knownGroup(deps, tenant, await readGroupNote(deps, tenant.installationId));
  const line = { tenant, tier, waiting: [job], group, gate: 'start' } as const;
  const decided = await decideWaiting(deps, line);
  return judgeControllers(decided.tenant, decided.waiting[0] ?? job) ?? { kind: 'admit' };
}

interface OnMachine {
  readonly runner: Runner;
  readonly job: Job;
}

function admit(deps: StartDeps, on: OnMachine): StartAnswer {
  deps.telemetry.event('info', 'start-admitted', aboutStart(on), { StartsAnswered: 1 });
  return { action: 'admit' };
}

/** Logged once, however often the machine asks. */
async function reject(deps: StartDeps, on: OnMachine & { readonly why: Reason }): Promise<StartAnswer> {
  const { runner, job, why } = on;
  const isFirst = await deps.jobs.noteStartRefusal(job.installationId, job.jobId, why);
  if (isFirst) {
    // A job for which no machine was launched runs on another job's machine.
    const isForAnotherJob = runner.plannedJob !== job.jobId;
    const about = { ...aboutStart(on), outcome: 'rejected', reason: why.code };
    deps.telemetry.event('warn', 'start-rejected', about, {
      StartsAnswered: 1,
      GatesDisagree: isForAnotherJob ? 1 : 0,
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
