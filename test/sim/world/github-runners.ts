/**
 * Runners as GitHub sees them: each one that listens, is up and is still registered may get any job that fits its
 * scope and labels. A runner gets one job; when its machine ends during the job, GitHub notices late.
 */
import { type InstanceId, instanceNamed } from '../../../lib/core/ids.ts';
import type { WorldDeps, WorldJob } from './context.ts';
import type { Ec2 } from './ec2.ts';
import { isExcluded } from './groups.ts';

export interface Listening {
  readonly isGhost: boolean;
  /** Asks the platform before a job's first step. Absent: no start gate. */
  readonly mayBegin?: (job: WorldJob) => Promise<boolean>;
  /** Its job is over. */
  readonly finished: () => void;
}

interface Listener extends Listening {
  readonly instanceId: InstanceId;
  job: WorldJob | undefined;
  registeredName: string;
  startedAt: number;
}

export interface GitHubRunners {
  listen(instanceId: InstanceId, listening: Listening): { gotJob: () => boolean };
  /** Soon checks whether some job fits some runner. */
  matchSoon(): void;
  /** The job is over, and its runner is no longer registered. */
  release(job: WorldJob): void;
}

export interface JobChanges {
  readonly jobs: readonly WorldJob[];
  /** @param how.told whether a webhook reports it */
  started(job: WorldJob, instanceId: InstanceId, how: { told: boolean; registeredName: string }): void;
  giveBack(job: WorldJob): void;
  complete(job: WorldJob, conclusion: string): void;
}

export function createGitHubRunners(
  deps: WorldDeps,
  parts: { ec2: Ec2; changes: JobChanges },
): GitHubRunners {
  const { random, scheduler, faults } = deps;
  const { ec2, changes } = parts;
  const { github } = deps.ports;
  const listeners = new Map<InstanceId, Listener>();
  const later = (seconds: [number, number], action: () => void) =>
    scheduler.after(random.between(seconds[0] * 1000, seconds[1] * 1000), action);

  function match() {
    for (const listener of listeners.values()) {
      if (listener.job || listener.isGhost || !ec2.isLive(listener.instanceId)) continue;
      const fitting = fittingJobs(deps, changes.jobs, listener.instanceId);
      if (fitting.length > 0) assign(random.pick(fitting), listener);
    }
  }

  function assign(job: WorldJob, listener: Listener) {
    const { instanceId } = listener;
    listener.job = job;
    listener.startedAt = scheduler.now();
    const isStale = faults.strikes('staleBusy');
    const registeredName = registrationOf(deps, instanceId)?.name ?? instanceId;
    listener.registeredName = registeredName;
    github.setBusy(registeredName, !isStale);
    changes.started(job, instanceId, { told: !(isStale && random.chance(0.7)), registeredName });
    if (faults.strikes('jobRequeued')) return later([1, 4], () => ec2.end(instanceId, 'it dies at once'));
    void run(job, listener);
  }

  async function run(job: WorldJob, { instanceId, mayBegin }: Listener) {
    const isOn = () => job.status === 'in_progress' && ec2.isLive(instanceId);
    if (mayBegin && !(await mayBegin(job))) {
      if (isOn()) changes.complete(job, 'failure');
      return;
    }
    scheduler.after(job.durationSeconds * 1000, () => {
      if (isOn()) changes.complete(job, 'success');
    });
  }

  /** GitHub gives back a job that had hardly begun; any other one fails, minutes later. */
  ec2.onEnd((instanceId) => {
    const listener = listeners.get(instanceId);
    listeners.delete(instanceId);
    const job = listener?.job;
    if (!job) return;
    dropRegistration(deps, listener.registeredName);
    if (job.status !== 'in_progress') return;
    if (scheduler.now() - listener.startedAt < 5_000) changes.giveBack(job);
    else later([60, 600], () => changes.complete(job, 'failure'));
  });

  const matchSoon = () => later([0.2, 3], match);
  return {
    matchSoon,
    listen(instanceId, listening) {
      const listener: Listener = {
        ...listening,
        instanceId,
        job: undefined,
        registeredName: instanceId,
        startedAt: 0,
      };
      listeners.set(instanceId, listener);
      matchSoon();
      return { gotJob: () => listener.job !== undefined };
    },
    release(job) {
      const listener = [...listeners.values()].find((one) => one.job === job);
      if (!listener) return;
      listeners.delete(listener.instanceId);
      dropRegistration(deps, listener.registeredName);
      listener.finished();
    },
  };
}

/** A machine whose answer was lost may be registered twice: its runner uses the latest answer. */
const registrationOf = ({ ports }: WorldDeps, instanceId: InstanceId) =>
  [...ports.github.registrations.values()].findLast(({ name }) => instanceNamed(name) === instanceId);

function fittingJobs(deps: WorldDeps, jobs: readonly WorldJob[], instanceId: InstanceId): WorldJob[] {
  const registration = registrationOf(deps, instanceId);
  if (!registration) return [];
  const { scope, labels } = registration;
  const isInScope = (job: WorldJob) =>
    scope.kind === 'organization'
      ? job.account.login === scope.organization && !isExcluded(job)
      : job.repository === `${scope.owner}/${scope.repository}`;
  return jobs.filter(
    (job) => job.status === 'queued' && isInScope(job) && job.labels.every((label) => labels.includes(label)),
  );
}

function dropRegistration({ ports }: WorldDeps, name: string): void {
  for (const [key, registration] of ports.github.registrations) {
    if (registration.name === name) ports.github.registrations.delete(key);
  }
}
