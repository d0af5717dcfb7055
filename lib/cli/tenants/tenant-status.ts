/**
 * `mayfly status --tenant TENANT`: where its runners register, its machines as the platform, EC2 and GitHub see them,
 * and what happened last. Read-only. It exits with 1 if something is wrong, so that cron can use it.
 */
import type { Instance } from '@aws-sdk/client-ec2';
import { describeInstances } from '../../adapters/ec2/describe-instances.ts';
import type { RunnerDetails } from '../../adapters/github/operator-github.ts';
import { groupNameOf } from '../../app/common/runner-groups.ts';
import type { RunnerScope } from '../../core/github.ts';
import { InstanceId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import { levelNow } from '../../core/runner-level.ts';
import { scopeFor } from '../../core/scope.ts';
import { tagKeys } from '../../core/tags.ts';
import type { Tenant } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { dynamoClient } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';
import { ec2Client } from '../ec2-client.ts';
import { githubOf, refusalText } from '../insight/github-of.ts';
import { commandStores } from '../insight/stores.ts';
import { readWaiting } from '../read-waiting.ts';
import { findDrain } from '../scale-up-queues.ts';
import { problemsOf } from '../status-problems.ts';
import { watch, watchSeconds } from '../watch.ts';
import { findReadableTenant } from './find-tenant.ts';
import type { LastJob, OneTenant } from './one-tenant.ts';
import { type Ec2Machine, machineProblems, statusOf, viewMachines } from './tenant-status-rules.ts';
import { tenantStatusText } from './tenant-status-text.ts';
import { statusWord } from './tenant-view.ts';

const lastJobsShown = 5;
/** At how many places (mostly repositories) GitHub is asked for registered runners. */
const mostScopes = 10;
/** A place with more takes further calls. */
const runnersOnPage = 100;

export async function tenantStatus(call: CommandCall, given: string): Promise<number> {
  const isWatched = call.options['watch'] === true;
  const draw = async () => {
    const { one, calls } = await readOne(call, given);
    const text = call.options['json'] ? `${JSON.stringify(one)}\n` : tenantStatusText(one, Date.now());
    const { pauseSeconds, why } = paceOf(calls);
    const isSaid = isWatched && !call.options['json'];
    return { text: isSaid ? text + why : text, status: one.problems.length > 0 ? 1 : 0, pauseSeconds };
  };
  return watch({
    io: call.io,
    draw,
    ...(isWatched ? {} : { again: async () => false, isTerminal: false }),
  });
}

/**
 * Watching takes no more of the tenant's calls to GitHub in an hour than one every five seconds: 720 of 5,000. Its machines need
 * the others, to register.
 */
export function paceOf(calls: number): { readonly pauseSeconds: number; readonly why: string } {
  const pauseSeconds = watchSeconds * Math.max(1, calls);
  const why =
    calls > 1
      ? `  Shown every ${pauseSeconds} s: each time takes ${calls} of the tenant's calls to GitHub.\n`
      : '';
  return { pauseSeconds, why };
}

/** At most: the further runners are all in one place. */
export const callsFor = (places: number, registered: number) =>
  places + Math.floor(registered / runnersOnPage);

/** `calls`: to GitHub, for the tenant. */
async function readOne(
  call: CommandCall,
  given: string,
): Promise<{ readonly one: OneTenant; readonly calls: number }> {
  const client = dynamoClient(call);
  const { tenant } = await findReadableTenant({ client, config: call.config }, given);
  const stores = commandStores(call);
  const now = Date.now();
  const unreadable: UnreadableRow[] = [];
  const [waiting, lastJobs, machines, drain] = await Promise.all([
    readWaiting(client, call.config.environment, tenant.installationId),
    stores.jobs.listNewest(tenant.installationId, lastJobsShown, unreadable),
    readMachines(call, tenant),
    findDrain(call),
  ]);
  const ids = machines.map(({ instanceId }) => InstanceId(instanceId));
  const runners = await stores.runners.findAcrossTenants(ids, unreadable);
  const jobs = await stores.jobs.find(tenant.installationId, runners.map(jobOf), unreadable);
  const isUnreadable = new Set(unreadable.map(({ key }) => key));
  const registered = await readRegistered(call, tenant, runners);
  const listed = 'why' in registered ? undefined : registered;
  const seen = { machines, runners, jobs, registered: listed, now };
  const { level, isFallback } = levelNow(tenant);
  const one: OneTenant = {
    login: tenant.accountLogin,
    installationId: tenant.installationId,
    status: statusWord(tenant),
    level,
    isFallback,
    group: groupNameOf(stores, tenant) ?? null,
    leases: tenant.leases,
    maxRunners: tenant.maxRunners,
    machines: viewMachines(seen),
    github:
      listed?.map((runner) => ({ name: runner.name, status: statusOf(runner), labels: runner.labels })) ??
      null,
    waiting: Object.fromEntries([...waiting].map(([code, { jobs: count }]) => [code, count])),
    lastJobs: lastJobs.map(lastJob),
    problems: [
      ...(drain ? [drain.problem] : []),
      ...new Set(unreadable.map(({ error }) => error.message)),
      ...problemsOf({ tenant, waiting, now }),
      ...machineProblems({
        ...seen,
        machines: machines.filter(({ instanceId }) => !isUnreadable.has(instanceId)),
      }),
      ...('why' in registered ? [`GitHub does not list its runners: ${registered.why}`] : []),
    ],
  };
  return { one, calls: callsFor(scopesOf(tenant, runners).length, listed?.length ?? 0) };
}

async function readMachines(call: CommandCall, { installationId }: Tenant): Promise<Ec2Machine[]> {
  const filters = [
    { Name: `tag:${tagKeys.environment}`, Values: [call.config.environment] },
    { Name: `tag:${tagKeys.tenant}`, Values: [String(installationId)] },
    { Name: 'instance-state-name', Values: ['pending', 'running'] },
  ];
  const instances = await describeInstances(ec2Client(call), filters);
  return instances.map(machineOf).toSorted((a, b) => a.launchedAt - b.launchedAt);
}

const machineOf = ({
  InstanceId: instanceId = '',
  State,
  InstanceType,
  LaunchTime,
}: Instance): Ec2Machine => ({
  instanceId,
  state: State?.Name ?? '',
  instanceType: InstanceType ?? '',
  launchedAt: LaunchTime?.getTime() ?? 0,
});

/** A tenant that is not active has nothing registered, and GitHub would refuse the question. */
async function readRegistered(
  call: CommandCall,
  tenant: Tenant,
  runners: readonly Runner[],
): Promise<RunnerDetails[] | { readonly why: string }> {
  const scopes = scopesOf(tenant, runners);
  if (scopes.length === 0 || tenant.status === 'deleted') return [];
  const { operator } = await githubOf(call);
  try {
    const answers = await Promise.all(scopes.map((scope) => operator.runners(tenant.installationId, scope)));
    const refused = answers.find((answer) => !answer.ok);
    if (refused) return { why: refusalText(refused) };
    return answers.flatMap((answer) => (answer.ok ? answer.value : []));
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return { why: error.message };
  }
}

/** Without duplicates. */
export function scopesOf(tenant: Tenant, runners: readonly Runner[]): RunnerScope[] {
  const { level } = levelNow(tenant);
  const account = { login: tenant.accountLogin, type: tenant.accountType, level };
  const live = runners.filter(({ state }) => state !== 'ended');
  const scopes = [
    ...(level === 'organization' ? [scopeFor(account, '')] : []),
    ...live.map((runner) => scopeFor(runner.account, runner.repository)),
  ];
  return [...new Map(scopes.map((scope) => [JSON.stringify(scope), scope])).values()].slice(0, mostScopes);
}

function lastJob(job: Job): LastJob {
  const { jobId, repository, state, outcome, conclusion, reason } = job;
  const end = reason ? `${outcome}: ${reason.code}` : (conclusion ?? outcome ?? 'done');
  const what = state === 'done' ? end : state === 'waiting' ? `waiting: ${reason?.code ?? 'queued'}` : state;
  return { jobId, repository, what, at: job.doneAt ?? job.startedAt ?? job.acceptedAt };
}
