/**
 * GitHub's side of the story: jobs wait, and any listening runner whose labels fit in its scope may get any of them, so
 * that who runs a job is seldom who was meant to. It knows nothing of leases, and tells by webhook and when asked.
 */
import { type InstanceId, JobId } from '../../../lib/core/ids.ts';
import type { WorldDeps, WorldJob } from './context.ts';
import type { Ec2 } from './ec2.ts';
import type { Webhooks } from './webhooks.ts';

interface Listener {
  readonly instanceId: InstanceId;
  readonly finished: () => void;
  readonly isGhost: boolean;
  job: WorldJob | undefined;
}

export interface GitHubWorld {
  readonly jobs: readonly WorldJob[];
  /** Tells of each job as it becomes queued. */
  onQueued(listener: (job: WorldJob) => void): void;
  queue(job: Pick<WorldJob, 'account' | 'repository' | 'tier' | 'labels'>): void;
  listen(
    instanceId: InstanceId,
    runner: { isGhost: boolean; finished: () => void },
  ): { gotJob: () => boolean };
}

export function createGitHubWorld(deps: WorldDeps, parts: { ec2: Ec2; webhooks: Webhooks }): GitHubWorld {
  const { random, scheduler, faults, story, auditor } = deps;
  const { ec2, webhooks } = parts;
  const { github } = deps.ports;
  const jobs: WorldJob[] = [];
  const listeners = new Map<InstanceId, Listener>();
  const queuedListeners: ((job: WorldJob) => void)[] = [];
  const startedAt = new Map<WorldJob, number>();
  const laterSeconds = (low: number, high: number, action: () => void) =>
    scheduler.after(random.between(low * 1000, high * 1000), action);

  function write(job: WorldJob, change: Partial<Pick<WorldJob, 'status' | 'conclusion' | 'runnerName'>>) {
    Object.assign(job, change);
    const { status, conclusion, runnerName } = job;
    github.putJob(job.repository, JobId(job.id), { status, conclusion, runnerName });
    story.tell(
      () =>
        `GitHub: job ${job.id} of ${job.account.login} is ${status} ${conclusion ?? ''} ${runnerName ?? ''}`,
    );
  }

  function becomeQueued(job: WorldJob) {
    write(job, { status: 'queued', runnerName: null });
    webhooks.job('queued', job);
    for (const listener of queuedListeners) listener(job);
    matchSoon();
    if (faults.strikes('foreignRunner')) laterSeconds(1, 90, () => takenElsewhere(job));
    if (faults.strikes('jobCancelled')) laterSeconds(1, 300, () => cancel(job));
  }

  function takenElsewhere(job: WorldJob) {
    if (job.status !== 'queued') return;
    write(job, { status: 'in_progress', runnerName: 'a-laptop' });
    webhooks.job('in_progress', job);
    scheduler.after(job.durationSeconds * 1000, () => complete(job, 'success'));
  }

  function cancel(job: WorldJob) {
    if (job.status !== 'in_progress') return complete(job, 'cancelled');
    laterSeconds(2, 10, () => complete(job, 'cancelled'));
  }

  function complete(job: WorldJob, conclusion: string) {
    if (job.status === 'completed') return;
    write(job, { status: 'completed', conclusion });
    webhooks.job('completed', job);
    const listener = [...listeners.values()].find((one) => one.job === job);
    auditor.jobEnded(job.id);
    if (!listener) return;
    listeners.delete(listener.instanceId);
    dropRegistration(listener.instanceId);
    listener.finished();
  }

  const matchSoon = () => laterSeconds(0.2, 3, match);

  /** A runner that GitHub still has registered, and that is up, gets one of the jobs that fit. */
  function match() {
    for (const listener of listeners.values()) {
      if (listener.job || listener.isGhost || !ec2.isLive(listener.instanceId)) continue;
      const registration = registrationOf(listener.instanceId);
      if (!registration) continue;
      const { scope, labels } = registration;
      const place = scope.kind === 'organization' ? scope.organization : `${scope.owner}/${scope.repository}`;
      const fitting = jobs.filter(
        (job) =>
          job.status === 'queued' &&
          (job.repository === place || (scope.kind === 'organization' && job.account.login === place)) &&
          job.labels.every((label) => labels.includes(label)),
      );
      if (fitting.length > 0) assign(random.pick(fitting), listener);
    }
  }

  function assign(job: WorldJob, listener: Listener) {
    listener.job = job;
    startedAt.set(job, scheduler.now());
    github.setBusy(listener.instanceId, true);
    write(job, { status: 'in_progress', runnerName: listener.instanceId });
    webhooks.job('in_progress', job);
    auditor.jobStarted(job, listener.instanceId);
    if (faults.strikes('jobRequeued'))
      return laterSeconds(1, 4, () => ec2.end(listener.instanceId, 'it dies at once'));
    scheduler.after(job.durationSeconds * 1000, () => {
      if (job.status === 'in_progress' && ec2.isLive(listener.instanceId)) complete(job, 'success');
    });
  }

  /** GitHub gives a job back that had hardly begun; any other it calls a failure, minutes later. */
  function lost(job: WorldJob, since: number) {
    if (job.status !== 'in_progress') return;
    if (scheduler.now() - since < 5_000) {
      write(job, { status: 'queued', runnerName: null });
      return matchSoon();
    }
    laterSeconds(60, 600, () => complete(job, 'failure'));
  }

  ec2.onEnd((instanceId) => {
    const listener = listeners.get(instanceId);
    listeners.delete(instanceId);
    if (!listener?.job) return;
    github.setBusy(instanceId, false);
    dropRegistration(instanceId);
    lost(listener.job, startedAt.get(listener.job) ?? 0);
  });

  const registrationOf = (name: string) =>
    [...github.registrations.values()].find((registration) => registration.name === name);
  function dropRegistration(name: string) {
    for (const [key, registration] of github.registrations) {
      if (registration.name === name) github.registrations.delete(key);
    }
  }

  return {
    jobs,
    onQueued: (listener) => void queuedListeners.push(listener),
    queue(given) {
      const job: WorldJob = {
        ...given,
        id: jobs.length + 1,
        queuedAt: scheduler.now(),
        durationSeconds: random.between(5, random.chance(0.2) ? 2_400 : 240),
        status: 'waiting',
        conclusion: null,
        runnerName: null,
      };
      jobs.push(job);
      auditor.jobQueued(job);
      // GitHub gives up on a job that nobody ran.
      scheduler.after((deps.deployment.limits.waitSeconds + 600) * 1000, () => {
        if (job.status === 'queued' || job.status === 'waiting') complete(job, 'cancelled');
      });
      if (!faults.strikes('jobBlocked')) return becomeQueued(job);
      write(job, {});
      webhooks.job('waiting', job);
      laterSeconds(5, 600, () => (random.chance(0.8) ? becomeQueued(job) : complete(job, 'failure')));
    },
    listen(instanceId, { isGhost, finished }) {
      const listener: Listener = { instanceId, isGhost, finished, job: undefined };
      listeners.set(instanceId, listener);
      matchSoon();
      return { gotJob: () => listener.job !== undefined };
    },
  };
}
