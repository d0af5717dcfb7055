/**
 * Plays the demo on the laptop platform and reports. It waits for events, never for a fixed time, and gives up with a
 * named invariant if the platform does not come to rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import config from '../../../mayfly.config.ts';
import { type Laptop, startLaptop } from '../laptop.ts';
import type { LaptopEvent } from '../laptop-event.ts';
import { type JobRow, operatorDynamo, readJobRows, readLeases } from './job-rows.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { pastConflicts } from './past-conflicts.ts';
import { type DemoReport, makeReport } from './report.ts';
import { accounts, jobs, longestMilliseconds, webhookTrouble } from './scenario.ts';

export interface DemoOptions {
  readonly onEvent?: (event: LaptopEvent) => void;
  /** The laptop is up and the accounts exist. */
  readonly onReady?: (ledger: Ledger) => void;
  /** Called several times a second. */
  readonly onTick?: () => void;
}

export async function runDemo(options: DemoOptions = {}): Promise<DemoReport> {
  let ledger: Ledger | undefined;
  const laptop = await startLaptop({
    // A machine whose job ran elsewhere listens for so long; the demo is over when it has ended too.
    config: { ...config, limits: { ...config.limits, idleSeconds: 20 } },
    onEvent: (event) => {
      ledger?.note(event);
      options.onEvent?.(event);
    },
  });
  const client = operatorDynamo(laptop);
  try {
    ledger = createLedger({
      tierCaps: Object.fromEntries(
        Object.entries(config.tiers).map(([name, { maxRunners }]) => [name, maxRunners]),
      ),
      machine: (instanceId) => {
        const tags = laptop.ec2.instances().find((instance) => instance.instanceId === instanceId)?.tags;
        return tags && { tenant: tags.get('ghr:tenant_id') ?? '', tier: tags.get('ghr:tenant_tier') ?? '' };
      },
    });
    await installAccounts(laptop, client, ledger);
    options.onReady?.(ledger);
    return await play({ laptop, client, ledger, onTick: options.onTick ?? (() => undefined) });
  } finally {
    client.destroy();
    await laptop.close();
  }
}

/** Each installs the App on GitHub; the operator upgrades some, with the AWS call from docs/OPERATIONS.md. */
async function installAccounts(laptop: Laptop, client: DynamoDBClient, ledger: Ledger): Promise<void> {
  for (const { login, type, repository, upgrade } of accounts) {
    const { installationId } = laptop.github.install({
      login,
      type,
      repositories: [repository.split('/')[1] ?? ''],
    });
    const standard = config.tiers[config.defaultTier]?.maxRunners ?? 0;
    const plan = upgrade?.tier ?? config.defaultTier;
    ledger.open({ login, installationId, limit: upgrade?.maxRunners ?? standard, plan });
    await until(async () => (await readLeases(laptop, client)).has(String(installationId)));
    if (upgrade) await upgradeTenant(laptop, client, { installationId, ...upgrade });
  }
}

async function upgradeTenant(
  laptop: Laptop,
  client: DynamoDBClient,
  upgrade: { installationId: number; tier: string; maxRunners: number },
): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: laptop.tables.tenants,
    Key: { installation_id: { N: String(upgrade.installationId) } },
    UpdateExpression: 'SET tier = :tier, max_runners = :max, updated_at = :now',
    ExpressionAttributeValues: {
      ':tier': { S: upgrade.tier },
      ':max': { N: String(upgrade.maxRunners) },
      ':now': { S: new Date().toISOString() },
    },
  });
  await pastConflicts(() => client.send(command));
}

async function play(stage: {
  laptop: Laptop;
  client: DynamoDBClient;
  ledger: Ledger;
  onTick: () => void;
}): Promise<DemoReport> {
  const { laptop, client, ledger, onTick } = stage;
  laptop.github.setDials({ webhooks: webhookTrouble });
  const firing = Promise.all(jobs.map((job) => fire(laptop, job)));
  const waited = new Set<number>();
  let rows: JobRow[] = [];
  const rested = await until(async () => {
    rows = await readJobRows(laptop, client);
    for (const { jobId, reason, outcome } of rows) {
      if (reason === 'tenant-limit' || reason === 'tier-limit') waited.add(jobId);
      if (outcome === 'refused') ledger.refused.add(jobId);
    }
    onTick();
    return (
      ledger.jobs.size === jobs.length &&
      rows.length === jobs.length &&
      rows.every(({ state }) => state === 'done') &&
      liveMachines(laptop) === 0 &&
      // Read last, and so only at the end.
      [...(await readLeases(laptop, client)).values()].every((count) => count === 0)
    );
  });
  await firing;
  const broken = rested ? [] : [`not at rest after ${longestMilliseconds / 1000} s: ${unfinished(rows)}`];
  return makeReport(ledger, { waited, machinesLeft: liveMachines(laptop), broken });
}

async function fire(laptop: Laptop, job: (typeof jobs)[number]): Promise<void> {
  await sleep(job.atMilliseconds);
  const repository = accounts.find(({ login }) => login === job.login)?.repository ?? '';
  const { jobId } = laptop.github.queueJob({
    repository,
    labels: job.labels,
    milliseconds: job.milliseconds,
  });
  if (job.cancelAfterMilliseconds === undefined) return;
  await sleep(job.cancelAfterMilliseconds);
  laptop.github.cancelJob(jobId);
}

const liveMachines = (laptop: Laptop) =>
  laptop.ec2.instances().filter(({ state }) => state === 'pending' || state === 'running').length;

const unfinished = (rows: readonly JobRow[]) =>
  rows
    .filter(({ state }) => state !== 'done')
    .map(({ jobId, state, reason }) => `job ${jobId} is ${state}${reason ? ` (${reason})` : ''}`)
    .join(', ') || 'leases or machines are left';

/** False: it did not happen in time. */
async function until(isTrue: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + longestMilliseconds;
  while (Date.now() < end) {
    if (await isTrue()) return true;
    await sleep(250);
  }
  return false;
}
