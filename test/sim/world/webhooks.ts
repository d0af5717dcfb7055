/**
 * GitHub's deliveries: each may be lost, doubled or late on its way, and so be overtaken by the next. A copy of the
 * webhook function receives those that arrive.
 */
import type { JobEvent } from '../../../lib/contract/messages.ts';
import { InstallationId, JobId, TierName } from '../../../lib/core/ids.ts';
import { tierFor } from '../../../lib/core/labels.ts';
import type { Account, WorldDeps, WorldJob } from './context.ts';
import { isPublic } from './groups.ts';

/** The runner's name on GitHub. */
export const nameOnGitHub = ({ runnerName, registeredName }: WorldJob) =>
  runnerName === null ? null : (registeredName ?? runnerName);

export interface Webhooks {
  job(action: JobEvent['action'], job: WorldJob): void;
  installation(event: string, installationId: number, repositoriesRemoved?: readonly string[]): void;
  /** A `completed` of this account that names another tenant's machine. */
  misdirected(account: Account, runnerName: string): void;
}

export function createWebhooks(deps: WorldDeps): Webhooks {
  const { random, scheduler, faults, log, plane, auditor, deployment } = deps;
  let deliveries = 0;

  function deliver(what: string, arrive: () => void) {
    if (faults.strikes('webhookLost')) return log.add(() => `webhook lost: ${what}`);
    const copies = faults.strikes('webhookTwice') ? 2 : 1;
    for (let copy = 1; copy <= copies; copy++) {
      const late = faults.strikes('webhookLate')
        ? random.between(5_000, 600_000)
        : random.between(50, deps.webhookMilliseconds);
      scheduler.after(late, () => {
        log.add(() => `webhook ${what}`);
        arrive();
      });
    }
  }

  return {
    job(action, job) {
      const event = jobEvent(action, job, `d-${++deliveries}`);
      // A suspended installation gets no events.
      if (!event || job.account.suspended || job.isUnlisted) return;
      const what = `${action} job ${job.id} runner ${job.runnerName}`;
      if (action === 'completed' && job.runnerName && deps.endsSilently?.(job.runnerName))
        return log.add(() => `webhook lost: ${what}`);
      deliver(what, () => {
        // Added by the webhook function: each copy stamps its own time, and a deploy may have changed the tiers.
        const tier = tierFor(event.labels, deployment.tiers)!.name;
        plane.receive({ ...event, tier, receivedAt: scheduler.now() });
        auditor.jobTold(event);
      });
    },
    installation(event, installationId, repositoriesRemoved = []) {
      const delivery = `d-${++deliveries}`;
      deliver(`${event} ${installationId}`, () =>
        plane.toInstallations({ kind: 'installation', event, installationId, repositoriesRemoved, delivery }),
      );
    },
    misdirected(account, runnerName) {
      const job: WorldJob = {
        id: 900_000 + ++deliveries,
        runId: 900_000 + deliveries,
        account,
        repository: `${account.login}/app`,
        repositoryId: 1,
        tier: 'small',
        labels: ['small'],
        queuedAt: scheduler.now(),
        isUnlisted: false,
        durationSeconds: 1,
        attempt: 1,
        status: 'completed',
        conclusion: 'success',
        runnerName,
      };
      const event = jobEvent('completed', job, `d-${++deliveries}`);
      if (event)
        deliver(`misdirected completed of ${account.login} naming ${runnerName}`, () => plane.receive(event));
    },
  };
}

function jobEvent(action: JobEvent['action'], job: WorldJob, delivery: string): JobEvent | undefined {
  if (job.account.installationId === undefined) return undefined;
  return {
    kind: 'job',
    action,
    installationId: InstallationId(job.account.installationId),
    jobId: JobId(job.id),
    runId: job.runId,
    runAttempt: job.attempt,
    repository: job.repository,
    repositoryId: job.repositoryId,
    repositoryOwnerId: job.account.id,
    visibility: isPublic(job) ? 'public' : 'private',
    labels: job.labels,
    tier: TierName(job.tier),
    queuedAt: job.queuedAt,
    delivery,
    runnerName: nameOnGitHub(job),
    conclusion: job.conclusion,
  };
}
