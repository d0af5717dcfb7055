/**
 * GitHub's side of the log: the life of each job, reported by webhook and on request. It knows nothing of leases,
 * and a job rarely runs on the machine that was planned for it.
 */
import { JobId } from '../../../lib/core/ids.ts';
import type { Account, WorldDeps, WorldJob } from './context.ts';
import type { Ec2 } from './ec2.ts';
import { createGitHubRunners, type GitHubRunners } from './github-runners.ts';
import { aboutRun, runOf } from './runs.ts';
import { nameOnGitHub, type Webhooks } from './webhooks.ts';

export interface GitHubWorld {
  /** Called with each job that becomes queued. */
  onQueued(listener: (job: WorldJob) => void): void;
  queue(
    job: Pick<WorldJob, 'account' | 'repository' | 'tier' | 'labels'> &
      Partial<Pick<WorldJob, 'durationSeconds' | 'isUnlisted'>> & {
        /** Held for an approval that is refused after this long. */
        readonly heldForSeconds?: number;
      },
  ): void;
  readonly listen: GitHubRunners['listen'];
  /** From now on a repository has this name, `owner/name`. */
  renamed(from: string, to: string): void;
  /** From now on a repository has this name and owner. @returns its jobs, also those whose end was not reported */
  transferred(from: string, to: string, owner: Account): readonly WorldJob[];
  /** Owners changed their settings: some runner may fit some job now. */
  groupsChanged(): void;
  /** Somebody cancels it. */
  cancel(job: WorldJob): void;
  /** The runner of this machine cancels its job, if it has one. */
  cancelJobOn(instanceId: string): void;
}

export function createGitHubWorld(deps: WorldDeps, parts: { ec2: Ec2; webhooks: Webhooks }): GitHubWorld {
  const { random, scheduler, faults, auditor } = deps;
  const { webhooks } = parts;
  const jobs: WorldJob[] = [];
  const queuedListeners: ((job: WorldJob) => void)[] = [];
  const runners = createGitHubRunners(deps, {
    ec2: parts.ec2,
    changes: { jobs, started, giveBack, complete },
  });
  const laterSeconds = (low: number, high: number, action: () => void) =>
    scheduler.after(random.between(low * 1000, high * 1000), action);

  function becomeQueued(job: WorldJob) {
    write(deps, job, { status: 'queued', runnerName: null });
    giveUpLater(job);
    webhooks.job('queued', job);
    for (const listener of queuedListeners) listener(job);
    runners.matchSoon();
    if (faults.strikes('foreignRunner')) laterSeconds(1, 90, () => takenElsewhere(job));
    if (faults.strikes('jobCancelled')) laterSeconds(1, 300, () => cancel(job));
  }

  function giveUpLater(job: WorldJob) {
    scheduler.after(deps.keepsQueued(), () => {
      if (job.status === 'queued') complete(job, 'cancelled');
    });
  }

  function started(job: WorldJob, runnerName: string, how: { told: boolean; registeredName?: string }) {
    const { told, registeredName } = how;
    job.registeredName = registeredName;
    write(deps, job, { status: 'in_progress', runnerName });
    if (told) webhooks.job('in_progress', job);
    auditor.jobStarted(job, runnerName);
  }

  function takenElsewhere(job: WorldJob) {
    if (job.status !== 'queued') return;
    started(job, 'a-laptop', { told: true });
    scheduler.after(job.durationSeconds * 1000, () => complete(job, 'success'));
  }

  function giveBack(job: WorldJob) {
    write(deps, job, { status: 'queued', runnerName: null });
    giveUpLater(job);
    runners.matchSoon();
  }

  function cancel(job: WorldJob) {
    if (job.status !== 'in_progress') return complete(job, 'cancelled');
    laterSeconds(2, 10, () => complete(job, 'cancelled'));
  }

  function complete(job: WorldJob, conclusion: string) {
    if (job.status === 'completed') return;
    write(deps, job, { status: 'completed', conclusion });
    webhooks.job('completed', job);
    auditor.jobEnded(job.id);
    runners.release(job);
  }

  rerunsMakeJobs(deps, { jobs, queue });

  return {
    listen: runners.listen,
    groupsChanged: runners.matchSoon,
    cancel,
    cancelJobOn(instanceId) {
      const job = jobs.find((one) => one.runnerName === instanceId && one.status === 'in_progress');
      if (job) complete(job, random.pick(['cancelled', 'failure']));
    },
    renamed(from, to) {
      for (const job of jobs) if (job.repository === from) job.repository = to;
    },
    transferred(from, to, owner) {
      const moved = jobs.filter(({ repository }) => repository === from);
      for (const job of moved) Object.assign(job, { repository: to, account: owner });
      runners.matchSoon();
      return moved;
    },
    onQueued: (listener) => void queuedListeners.push(listener),
    queue: (given) => queue({ ...given, attempt: 1 }),
  };

  function queue({ heldForSeconds, ...given }: Omit<GivenJob, 'id'>) {
    const job = newJob(deps, { ...given, id: jobs.length + 1 }, jobs.at(-1));
    jobs.push(job);
    auditor.jobQueued(job);
    if (heldForSeconds !== undefined) {
      write(deps, job, {});
      webhooks.job('waiting', job);
      return void scheduler.after(heldForSeconds * 1000, () => complete(job, 'failure'));
    }
    if (job.isUnlisted || !faults.strikes('jobBlocked')) return becomeQueued(job);
    write(deps, job, {});
    // Observed in practice: queued, then waiting, then queued again (CloudSnorkel/cdk-github-runners#380, #416).
    if (faults.strikes('queuedBeforeWaiting')) webhooks.job('queued', job);
    webhooks.job('waiting', job);
    laterSeconds(5, random.pick([60, 600, 1_500]), () =>
      random.chance(0.8) ? becomeQueued(job) : complete(job, 'failure'),
    );
  }
}

type GivenJob = Pick<WorldJob, 'id' | 'account' | 'repository' | 'tier' | 'labels' | 'attempt'> &
  Partial<Pick<WorldJob, 'durationSeconds' | 'isUnlisted'>> & { readonly heldForSeconds?: number };

/** A re-run job is a new job, soon after GitHub was asked for it. */
function rerunsMakeJobs(
  { random, scheduler, ports, auditor }: WorldDeps,
  world: { readonly jobs: readonly WorldJob[]; readonly queue: (given: Omit<GivenJob, 'id'>) => void },
): void {
  const rerunJob = ports.github.rerunJob.bind(ports.github);
  ports.github.rerunJob = async (installationId, repository, jobId) => {
    const answer = await rerunJob(installationId, repository, jobId);
    const job = world.jobs.find(({ id }) => id === jobId);
    if (!answer.ok || !job) return answer;
    auditor.jobRerun(job);
    const { account, tier, labels, attempt } = job;
    scheduler.after(random.between(500, 5_000), () =>
      world.queue({ account, repository: job.repository, tier, labels, attempt: attempt + 1 }),
    );
    return answer;
  };
}

const newJob = (deps: WorldDeps, given: GivenJob, before: WorldJob | undefined): WorldJob => ({
  repositoryId: deps.ports.github.repositoryId(given.repository),
  queuedAt: deps.scheduler.now(),
  runId: runOf(deps, given, before),
  // Some exceed the time that a job may take.
  durationSeconds: deps.random.between(5, deps.random.chance(0.2) ? 2_400 : 240),
  isUnlisted: false,
  ...given,
  status: 'waiting',
  conclusion: null,
  runnerName: null,
});

function write(
  { ports, log }: WorldDeps,
  job: WorldJob,
  change: Partial<Pick<WorldJob, 'status' | 'conclusion' | 'runnerName'>>,
): void {
  Object.assign(job, change);
  const { status, conclusion } = job;
  const runnerName = nameOnGitHub(job);
  const { runId, labels, queuedAt: createdAt } = job;
  const details = { runId, labels, createdAt, about: aboutRun(job) };
  if (!job.isUnlisted)
    ports.github.putJob(job.repository, JobId(job.id), { status, conclusion, runnerName }, details);
  log.add(() => `GitHub: job ${job.id} of ${job.account.login} is ${status} ${conclusion} ${runnerName}`);
}
