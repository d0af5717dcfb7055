/**
 * The platform as outsiders meet it: GitHub accounts that install the App and queue jobs, an operator with AWS keys, and
 * whoever posts to its URLs. It reaches nothing of the platform but by HTTP; what it sees comes from the stand-ins and
 * the tables.
 */
import { leasesAttribute } from '../../../lib/contract/tables.ts';
import { type Laptop, type LaptopOptions, startLaptop } from '../../../lib/local/laptop.ts';
import type { LaptopEvent } from '../../../lib/local/laptop-event.ts';
import defaultConfig from '../../../mayfly.config.ts';
import { leaveEvidence } from '../../iam/evidence.ts';
import { createOperator, type Operator, type PlainRow } from './operator.ts';
import { postWebhook, type WebhookReply } from './post-webhook.ts';
import { until } from './until.ts';

export interface Account {
  readonly login: string;
  readonly installationId: number;
  readonly accountId: number;
}

export interface World {
  readonly laptop: Laptop;
  readonly operator: Operator;
  readonly events: readonly LaptopEvent[];
  /** Installs the App and waits for the tenant's row; `maxRunners` is then set as docs/OPERATIONS.md shows. */
  install(login: string, options?: { user?: boolean; maxRunners?: number }): Promise<Account>;
  /** Queues a job on GitHub, in the account's repository `app`. @returns its id */
  queue(account: Account, labels: readonly string[], milliseconds?: number): number;
  tenant(account: Account): Promise<PlainRow | undefined>;
  job(account: Account, jobId: number): Promise<PlainRow | undefined>;
  untilJob(account: Account, jobId: number, wanted: JobLook): Promise<PlainRow>;
  /** On GitHub, and in the platform's rows: its word has come. */
  untilRunning(jobIds: readonly number[]): Promise<void>;
  untilCompleted(jobIds: readonly number[]): Promise<void>;
  /** No machine, no lease, no open launch or runner, every known job done, and nothing at work: all logs are in. */
  untilRest(): Promise<void>;
  unrest(): Promise<string[]>;
  /** No function runs, and no message is on its way to one but those that are put off. */
  untilIdle(): Promise<void>;
  /** Idle, and no message is put off, but for looks at what is over: what was begun is over. Machines may run. */
  untilQuiet(): Promise<void>;
  /** What EventBridge does each minute, to its end. Here it is done by nobody else. */
  sweep(): Promise<void>;
  /** What EventBridge does each five minutes, to its end. Here it is done by nobody else. */
  reconcile(): Promise<void>;
  post(event: string, payload: object, secret?: string): Promise<WebhookReply>;
  /**
   * JSON lines that functions printed under this name, with the function's name as `loggedBy`; those of one that still runs may
   * be missing.
   */
  logged(name: string): PlainRow[];
  /** IAM denials, faults of the laptop, and errors that functions reported. Whole once the platform is at rest. */
  trouble(): string[];
  close(): Promise<void>;
}

export interface JobLook {
  readonly state: string;
  readonly reason?: string;
}

export const tierLabels = (tier: string) => ['self-hosted', 'linux', 'x64', tier];

/** A machine whose job another one ran may listen for so long, before it ends and all is at rest. */
const longestIdleSeconds = 30;

/** Longer than any test: such a job ends by being cancelled. */
export const endlessMilliseconds = 600_000;

export const reasonOf = (row: PlainRow | undefined) => (row?.['reason'] as PlainRow | undefined)?.['code'];

export async function startWorld(options: LaptopOptions = {}): Promise<World> {
  const events: LaptopEvent[] = [];
  const config = options.config ?? defaultConfig;
  const idleSeconds = Math.min(config.limits.idleSeconds, longestIdleSeconds);
  const laptop = await startLaptop({
    bootMilliseconds: 20,
    firesByClock: false,
    // As in an account that has just been deployed to: most tests call few of the functions.
    prewarm: 0,
    // On a slow machine lines grow, and with them the copies, until it has no memory left for all of them.
    concurrency: 4,
    ...options,
    config: { ...config, limits: { ...config.limits, idleSeconds } },
    onEvent(event) {
      events.push(event);
      options.onEvent?.(event);
    },
  });
  const operator = createOperator(laptop);
  const world: World = {
    laptop,
    operator,
    events,
    install: (login, wanted = {}) => install(world, login, wanted),
    queue: ({ login }, labels, milliseconds = 100) =>
      laptop.github.queueJob({ repository: `${login}/app`, labels, milliseconds }).jobId,
    tenant: ({ installationId }) => operator.row('tenants', { installation_id: installationId }),
    job: ({ installationId }, jobId) =>
      operator.row('jobs', { installation_id: installationId, job_id: jobId }),
    untilJob: (account, jobId, wanted) => untilJob(world, { account, jobId, wanted }),
    untilRunning: (jobIds) => untilRunning(world, jobIds),
    untilCompleted: (jobIds) => untilStatus(laptop, jobIds, 'completed'),
    untilRest: () =>
      untilNothing(world, 'is left', async () => {
        // In this order: when nothing is at work any more, nothing changes the rows after this look.
        const atWork = work(laptop);
        return [...atWork, ...(await world.unrest())];
      }),
    unrest: () => unrest(world),
    untilIdle: () => untilNothing(world, 'is at work', async () => work(laptop)),
    untilQuiet: () =>
      untilNothing(world, 'is under way', async () => [...work(laptop), ...messagesIn(laptop)]),
    sweep: () => laptop.events.fireSchedule(`${laptop.environment}-sweep`),
    reconcile: () => laptop.events.fireSchedule(`${laptop.environment}-reconciler`),
    post: (event, payload, secret = laptop.webhookSecret) =>
      postWebhook({ url: laptop.webhookUrl, secret, event, payload }),
    logged: (name) => logLines(events).filter((line) => line['event'] === name),
    trouble: () => trouble(events),
    async close() {
      operator.close();
      leaveEvidence(laptop);
      await laptop.close();
    },
  };
  return world;
}

async function install(
  world: World,
  login: string,
  { user = false, maxRunners }: { user?: boolean; maxRunners?: number },
): Promise<Account> {
  const type = user ? 'User' : 'Organization';
  const account = { login, ...world.laptop.github.install({ login, type, repositories: ['app'] }) };
  await until(`${login} is a tenant`, async () => (await world.tenant(account)) !== undefined);
  if (maxRunners !== undefined) {
    const key = { installation_id: account.installationId };
    await world.operator.edit('tenants', key, { max_runners: maxRunners });
  }
  return account;
}

async function untilJob(
  world: World,
  look: { account: Account; jobId: number; wanted: JobLook },
): Promise<PlainRow> {
  const { account, jobId, wanted } = look;
  let row: PlainRow | undefined;
  const fits = async () => {
    row = await world.job(account, jobId);
    return row?.['state'] === wanted.state && (!wanted.reason || reasonOf(row) === wanted.reason);
  };
  await until(`job ${jobId} is ${wanted.state} ${wanted.reason ?? ''}`, fits, { seen: () => row });
  return row as PlainRow;
}

async function untilStatus(laptop: Laptop, jobIds: readonly number[], wanted: string): Promise<void> {
  const others = () =>
    laptop.github.state().jobs.filter(({ id, status }) => jobIds.includes(id) && status !== wanted);
  await until(`jobs ${jobIds.join(', ')} are ${wanted} on GitHub`, () => others().length === 0, {
    seen: others,
  });
}

async function untilRunning({ laptop, operator }: World, jobIds: readonly number[]): Promise<void> {
  await untilStatus(laptop, jobIds, 'in_progress');
  const others = async () => {
    const rows = await operator.rows('jobs');
    return jobIds.filter((id) => rows.find((row) => row['job_id'] === id)?.['state'] !== 'running');
  };
  await until(`jobs ${jobIds.join(', ')} run by their rows`, async () => (await others()).length === 0, {
    seen: others,
  });
}

/** Once all webhooks have arrived. */
async function untilNothing(world: World, what: string, find: () => Promise<string[]>): Promise<void> {
  const left = async () => {
    await world.laptop.github.settle();
    return find();
  };
  await until(`nothing ${what}`, async () => (await left()).length === 0, {
    seen: async () => [...(await left()), ...world.trouble()],
  });
}

/** What may still change rows and print lines. A message for later is a poke, which finds nothing at rest. */
function work({ queues, functions }: Laptop): string[] {
  const atWork = functions.underWay === 0 ? [] : [`${functions.underWay} functions run`];
  const messages = queues.list().flatMap(({ name }) => {
    const { visible, inFlight } = queues.counts(name);
    return visible + inFlight === 0 ? [] : [`${visible + inFlight} messages in ${name}`];
  });
  return [...atWork, ...messages];
}

async function unrest({ laptop, operator }: World): Promise<string[]> {
  const [tenants, jobs, launches, runners] = await Promise.all(
    (['tenants', 'jobs', 'launches', 'runners'] as const).map((table) => operator.rows(table)),
  );
  const leases = (tenants ?? []).flatMap((row) =>
    Object.keys(row)
      .filter((name) => name.startsWith(leasesAttribute) && row[name] !== 0)
      .map((name) => `tenant ${row['installation_id']} has ${name} ${row[name]}`),
  );
  const open = [
    ...(launches ?? []).filter(({ state }) => state !== undefined && state !== 'closed'),
    ...(runners ?? []).filter(({ state }) => state !== 'ended'),
  ];
  const live = laptop.ec2.instances().filter(({ state }) => state !== 'terminated');
  return [
    ...leases,
    ...open.map((row) => `${row['instance_id'] ?? row['launch_id']} is ${row['state']}`),
    ...(jobs ?? [])
      .filter((row) => row['state'] !== 'done')
      .map((row) => `job ${row['job_id']} is ${row['state']} (${reasonOf(row)})`),
    ...live.map(({ instanceId, state }) => `machine ${instanceId} is ${state}`),
  ];
}

/** How many leases a tenant's row counts over all tiers. */
export const heldLeases = (tenant: PlainRow | undefined) => Number(tenant?.[leasesAttribute] ?? 0);

/**
 * A line for each queue that holds some, but for looks that are put off by up to ten minutes: a machine whose end is heard of
 * before its job's end leaves one, and which comes first is up to the machine that the tests run on.
 */
export function messagesIn({ queues }: Laptop): string[] {
  return queues.list().flatMap(({ name }) => {
    const { visible, inFlight, delayed } = queues.counts(name);
    const messages = visible + inFlight + (name.endsWith('-installations') ? 0 : delayed);
    return messages === 0 ? [] : [`${messages} messages in ${name}`];
  });
}

function logLines(events: readonly LaptopEvent[]): PlainRow[] {
  return events
    .filter(({ kind, text }) => kind === 'log' && text.startsWith('{'))
    .map(({ text, fields }) => ({ ...JSON.parse(text), loggedBy: fields['functionName'] }));
}

function trouble(events: readonly LaptopEvent[]): string[] {
  const seen = events.filter(({ kind }) => kind === 'denied' || kind === 'fault').map(({ text }) => text);
  const errors = logLines(events).filter((line) => line['level'] === 'error');
  const lost = events
    .filter(
      ({ kind, text, fields }) => kind === 'github' && text === 'webhook' && !isArrived(fields['status']),
    )
    .map(({ fields }) => `webhook ${fields['event']}: ${fields['status']}`);
  return [...seen, ...lost, ...errors.map((line) => JSON.stringify(line))];
}

/** What a test has lost by a dial is no surprise. */
const isArrived = (status: unknown) =>
  status === 'lost by a dial' || (typeof status === 'number' && status >= 200 && status < 300);
