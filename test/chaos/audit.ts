/**
 * The ledger after chaos, held against each other: GitHub's jobs and registrations, EC2's machines, the platform's rows
 * and the queues. It knows none of the platform's rules but the invariants.
 */
import { instanceNamed } from '../../lib/core/ids.ts';
import type { Ledger } from '../../lib/local/demo/ledger.ts';
import type { Instance } from '../../lib/local/ec2/account.ts';
import type { PlainRow } from '../e2e/support/operator.ts';
import { type Account, reasonOf, type World } from '../e2e/support/world.ts';
import type { JobOutcomes, TenantOutcome } from './report.ts';

/** @returns what is not as it must be */
export async function audit(world: World, accounts: readonly Account[]): Promise<string[]> {
  const { github, queues } = world.laptop;
  const rows = await world.operator.rows('jobs');
  const registered = github.state().runners.map(({ name }) => `GitHub still has runner ${name}`);
  const dead = queues
    .list()
    .filter(({ name }) => name.endsWith('-dead-letters') && queues.counts(name).visible > 0)
    .map(({ name }) => `${name} holds ${queues.counts(name).visible} messages that were sent back before`);
  const jobs = github.state().jobs.flatMap((job) => {
    const owner = accounts.find(({ login }) => job.repository.startsWith(`${login}/`));
    const row = rows.find(
      (each) => each['job_id'] === job.id && each['installation_id'] === owner?.installationId,
    );
    return jobFault(job, row) ?? [];
  });
  return [...(await world.unrest()), ...registered, ...dead, ...jobs];
}

type GitHubJob = ReturnType<World['laptop']['github']['state']>['jobs'][number];

function jobFault({ id, status, conclusion }: GitHubJob, row: PlainRow | undefined): string | undefined {
  if (!row) return `job ${id} was never heard of, and is ${status} on GitHub`;
  const outcome = row['outcome'];
  const isOver = status === 'completed';
  if (outcome === 'refused' || outcome === 'expired') {
    return reasonOf(row) === undefined ? `job ${id} was ${outcome} without a reason` : undefined;
  }
  if (!isOver) return `job ${id} is ${row['state']} ${outcome ?? ''} here, but ${status} on GitHub`;
  if ((outcome === 'cancelled') !== (conclusion === 'cancelled')) {
    return `job ${id} is ${outcome} here, but ${conclusion} on GitHub`;
  }
  return undefined;
}

/** Chaos takes spot machines back, and nothing else may end a job that nobody cancels: its steps only take their time. */
export function judgeJobs(
  jobs: readonly Pick<GitHubJob, 'id' | 'conclusion' | 'runnerName'>[],
  instances: readonly Pick<Instance, 'instanceId' | 'stateReason'>[],
): { readonly outcomes: JobOutcomes; readonly faults: readonly string[] } {
  const taken = new Set<string | undefined>(
    instances
      .filter(({ stateReason }) => stateReason?.code === 'Server.SpotInstanceTermination')
      .map(({ instanceId }) => instanceId),
  );
  const succeeded = jobs.filter(({ conclusion }) => conclusion === 'success').length;
  const failed = jobs.filter(({ conclusion }) => conclusion === 'failure');
  const unexplained = failed.filter(({ runnerName }) => !taken.has(instanceNamed(runnerName)));
  return {
    outcomes: { ran: succeeded + failed.length, succeeded, takenBack: failed.length - unexplained.length },
    faults: unexplained.map(
      ({ id, runnerName }) => `job ${id} failed on ${runnerName}, which nobody took back`,
    ),
  };
}

/** What each tenant got, by GitHub's word and, for what never ran, by the platform's. */
export async function countOutcomes(
  world: World,
  { accounts, ledger }: { accounts: readonly Account[]; ledger: Ledger },
): Promise<TenantOutcome[]> {
  const rows = await world.operator.rows('jobs');
  return accounts.map(({ login, installationId }) => {
    const own = [...ledger.jobs.values()].filter((job) => job.login === login);
    const count = (conclusion: string) => own.filter((job) => job.conclusion === conclusion).length;
    const refused = rows.filter(
      (row) => row['installation_id'] === installationId && row['outcome'] === 'refused',
    );
    const account = ledger.accounts.get(login);
    return {
      login,
      jobs: own.length,
      succeeded: count('success'),
      failed: count('failure'),
      cancelled: count('cancelled'),
      refused: refused.length,
      refusedBecause: [...new Set(refused.map((row) => String(reasonOf(row))))],
      mostRunnersAtOnce: account?.mostRunnersAtOnce ?? 0,
      limit: account?.limit ?? 0,
    };
  });
}
