/**
 * The laptop platform for the benchmark: with the latencies of AWS and GitHub dialled in, limits out of the way, and
 * new tenants on demand. The operator's own calls have no latency, so that watching the platform costs no time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { tagKeys } from '../../lib/core/tags.ts';
import { partitionRates } from '../../lib/local/aws/dynamodb-limits.ts';
import { pastConflicts } from '../../lib/local/demo/past-conflicts.ts';
import type { Instance } from '../../lib/local/ec2/account.ts';
import { type Laptop, startLaptop } from '../../lib/local/laptop.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import defaultConfig from '../../mayfly.config.ts';
import type { Size } from './size.ts';
import { until } from './until.ts';

export const latencies = { aws: 15, createFleet: 900, github: 80 } as const;

const limit = 1000;
/** One tenant registers more machines at once than GitHub allows in a minute: these figures are the platform's own. */
const noSecondaryLimits = { pointsPerMinute: 0, contentWritesPerMinute: 0, requestsAtOnce: 0 };

export interface BenchPlatform {
  readonly laptop: Laptop;
  readonly size: Size;
  readonly events: (listener: (event: LaptopEvent) => void) => () => void;
  /** Creates an organization that has installed the App, is active, and may have `limit` machines. */
  newTenant(options?: { readonly maxRunners?: number }): Promise<Tenant>;
  /** Counts machines that EC2 started for these tenants, in one pass: a burst asks every few milliseconds. */
  machinesOf(...tenants: readonly Tenant[]): readonly Instance[];
  runnerRowsOf(tenant: Tenant): Promise<number>;
  /** For everything that is not about time. */
  /** A line for each failure so far: why a measurement did not end. */
  troubles(): string;
  withoutLatency<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Waits until its machines have ended and no message is left. */
  rest(tenant: Tenant): Promise<void>;
  close(): Promise<void>;
}

export interface Tenant {
  readonly installationId: number;
  readonly accountId: number;
  readonly login: string;
}

export async function openPlatform(size: Size): Promise<BenchPlatform> {
  const troubles: LaptopEvent[] = [];
  const listeners = new Set<(event: LaptopEvent) => void>([
    (event) => {
      if (isTrouble(event)) troubles.push(event);
    },
  ]);
  const { small, ...otherTiers } = defaultConfig.tiers;
  const laptop = await startLaptop({
    config: { ...defaultConfig, tiers: { small: { ...small!, maxRunners: limit }, ...otherTiers } },
    prewarm: size.warmCopies,
    // All functions' memory is read at the end, including rarely called ones.
    idleMilliseconds: 3_600_000,
    onEvent: (event) => {
      for (const listener of listeners) listener(event);
    },
  });
  const dialled = (milliseconds: number) => Math.ceil(milliseconds * size.latencyShare);
  const setLatencies = () => {
    laptop.endpoint.dials.set([
      { service: '*', action: '*', latencyMs: dialled(latencies.aws) },
      { service: 'ec2', action: 'CreateFleet', latencyMs: dialled(latencies.createFleet) },
      { service: '*', action: '*', caller: 'operator', latencyMs: 0 },
    ]);
    laptop.github.setDials({ latencyMs: dialled(latencies.github), ...noSecondaryLimits });
  };
  setLatencies();
  laptop.ec2.setDials({ shutdownMilliseconds: size.shutdownMilliseconds });
  // A key takes no more than a partition of DynamoDB does.
  await fetch(`${laptop.endpointUrl}/_dynamodb`, { method: 'PUT', body: JSON.stringify(partitionRates) });
  const client = new DynamoDBClient({
    region: laptop.region,
    endpoint: laptop.endpointUrl,
    credentials: laptop.operatorCredentials,
  });
  let tenants = 0;
  const machinesOf: BenchPlatform['machinesOf'] = (...owners) => {
    const ids = new Set(owners.map(({ installationId }) => String(installationId)));
    return laptop.ec2.instances().filter(({ tags }) => ids.has(tags.get(tagKeys.tenant) ?? ''));
  };
  return {
    laptop,
    size,
    events: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async newTenant({ maxRunners = limit } = {}) {
      tenants += 1;
      const login = `bench-${tenants}`;
      const { installationId, accountId } = laptop.github.install({ login });
      await until(`${login} is active`, () => setLimit(client, laptop, { installationId, maxRunners }));
      return { installationId, accountId, login };
    },
    machinesOf,
    troubles: () => troubles.map(({ text, fields }) => `${text} ${JSON.stringify(fields)}\n`).join(''),
    async withoutLatency(work) {
      laptop.endpoint.dials.set([]);
      laptop.github.setDials({ latencyMs: 0 });
      return work().finally(setLatencies);
    },
    async rest(tenant) {
      const machinesEnded = () => machinesOf(tenant).every(({ state }) => state === 'terminated');
      const queuesEmpty = () =>
        laptop.queues.list().every(({ arn }) => {
          const { visible, inFlight, delayed } = laptop.queues.counts(arn);
          return visible + inFlight + delayed === 0;
        });
      const slowly = { everyMilliseconds: 50 };
      await until('its machines have ended', machinesEnded, slowly);
      // EC2's event about the last machine is still on its way, and would be counted in the next measurement.
      await sleep(300);
      await laptop.github.settle();
      await until('all messages are dealt with', queuesEmpty, slowly);
    },
    runnerRowsOf: ({ installationId }) => countRunners(client, laptop, installationId),
    async close() {
      client.destroy();
      await laptop.close();
    },
  };
}

/** With UpdateItem, as an operator does it. False: the tenant does not exist yet. */
async function setLimit(
  client: DynamoDBClient,
  laptop: Laptop,
  { installationId, maxRunners }: { installationId: number; maxRunners: number },
): Promise<boolean> {
  try {
    const command = new UpdateItemCommand({
      TableName: laptop.tables.tenants,
      Key: { installation_id: { N: String(installationId) } },
      UpdateExpression: 'SET max_runners = :limit',
      ConditionExpression: '#status = :active',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':limit': { N: String(maxRunners) }, ':active': { S: 'active' } },
    });
    await pastConflicts(() => client.send(command));
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

async function countRunners(client: DynamoDBClient, laptop: Laptop, installationId: number): Promise<number> {
  const { Count = 0 } = await client.send(
    new ScanCommand({
      TableName: laptop.tables.runners,
      Select: 'COUNT',
      FilterExpression: 'installation_id = :tenant',
      ExpressionAttributeValues: { ':tenant': { N: String(installationId) } },
    }),
  );
  return Count;
}

/** A webhook without an answer, a denied call, a fault, or a function's error. */
function isTrouble({ kind, text, fields }: LaptopEvent): boolean {
  if (kind === 'log') return text.includes('"level":"error"');
  if (kind === 'github') return text === 'webhook' && fields['status'] !== 202;
  return kind === 'fault' || kind === 'denied';
}
