/**
 * Where a store's contract runs: in memory, and with the real adapter on a stand-in of DynamoDB. Each `fresh` world
 * shares nothing with the one before.
 */
import { randomBytes } from 'node:crypto';
import { type AttributeValue, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createAudit } from '../../../lib/adapters/dynamodb/audit.ts';
import { writeComparisonState } from '../../../lib/adapters/dynamodb/comparison-state-row.ts';
import { createControllerStore } from '../../../lib/adapters/dynamodb/controller-store.ts';
import { jobKey as jobRowKey, restingPlace } from '../../../lib/adapters/dynamodb/job-row.ts';
import { createJobStore } from '../../../lib/adapters/dynamodb/job-store.ts';
import { launchKey } from '../../../lib/adapters/dynamodb/launch-row.ts';
import { createLaunchStore } from '../../../lib/adapters/dynamodb/launch-store.ts';
import { createQuestionStore } from '../../../lib/adapters/dynamodb/question-store.ts';
import { runnerKey } from '../../../lib/adapters/dynamodb/runner-row.ts';
import { createRunnerStore } from '../../../lib/adapters/dynamodb/runner-store.ts';
import { capsRow } from '../../../lib/adapters/dynamodb/spend-row.ts';
import { tierLimitsValue } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { createTenantStore } from '../../../lib/adapters/dynamodb/tenant-store.ts';
import { createUsageLedger } from '../../../lib/adapters/dynamodb/usage-ledger.ts';
import { listUsage } from '../../../lib/adapters/dynamodb/usage-list.ts';
import { usageKey } from '../../../lib/adapters/dynamodb/usage-row.ts';
import { createUsageStore } from '../../../lib/adapters/dynamodb/usage-store.ts';
import { listSums } from '../../../lib/adapters/dynamodb/usage-sum-list.ts';
import type { ComparisonState } from '../../../lib/core/comparison-state.ts';
import {
  InstallationId,
  type InstanceId,
  type JobId,
  LaunchId,
  type TierName,
} from '../../../lib/core/ids.ts';
import type { Rest } from '../../../lib/core/job-rest.ts';
import type { SpendCaps } from '../../../lib/core/spend-counts.ts';
import type { TenantStatus } from '../../../lib/core/tenant.ts';
import type { UsageRecord } from '../../../lib/core/usage.ts';
import { sumUp, type UsageSum } from '../../../lib/core/usage-sum.ts';
import type { DynamoEngine } from '../../../lib/local/aws/dynamo-engine.ts';
import { type DynamoAlone, startDynamoAlone } from '../../../lib/local/aws/dynamo-front.ts';
import { pastConflicts } from '../../../lib/local/demo/past-conflicts.ts';
import { copyOf } from '../../fakes/copy.ts';
import { createMemoryStores } from '../../fakes/stores.ts';
import { unreadableName } from '../../fakes/unreadable.ts';
import { jobKey, type StorePorts, type StoreWorld } from '../../fakes/world.ts';
import { acme } from '../../support/given.ts';
import { createTablesInTurn, type TableNames } from './dynamo-tables.ts';

export interface Stores extends StorePorts {
  /** What operators do with the AWS CLI. */
  setMaxRunners(installationId: InstallationId, maxRunners: number): Promise<void>;
  setStatus(installationId: InstallationId, status: TenantStatus): Promise<void>;
  edit(installationId: InstallationId, changes: OperatorEdit): Promise<void>;
  /** Removes an attribute of a row that its reader needs. */
  corrupt(row: ManualEdit): Promise<void>;
  /** Replaces the number in a cap's row by a text. */
  corruptCap(key: string): Promise<void>;
  /** Removes a launch from all lists, as a manual edit could. */
  unlist(launchId: LaunchId, edit?: UnlistingEdit): Promise<void>;
  /** A pause as releases wrote it that did not look whether the job had moved to another tier: its line is that of `rest.tier`. */
  restInFormerTier(jobId: JobId, rest: Rest & { readonly retryAt: number }): Promise<void>;
  /** The records of machines that were launched on the tests' day. */
  allUsage(): Promise<UsageRecord[]>;
  /** The day's sums as reports read them, of all tenants or of one, and whether some are missing. */
  sumsOfDay(of?: InstallationId): Promise<{ sums: readonly UsageSum[]; isUnsummed: boolean }>;
  /** As the operator's command leaves it. */
  setComparison(state: ComparisonState): Promise<void>;
}

/** The attributes that the documents let an operator write with `update-item`; null removes one. */
export interface OperatorEdit {
  readonly status?: TenantStatus;
  readonly suspendedBy?: 'operator' | null;
  readonly tier?: TierName;
  readonly maxRunners?: number;
  readonly allowedTiers?: readonly TierName[];
  readonly weight?: number;
  readonly tierLimits?: ReadonlyMap<TierName, number>;
  readonly runnerGroup?: string;
  readonly caps?: Pick<SpendCaps, 'month' | 'day' | 'strict'>;
}

export type ManualEdit =
  | { readonly table: 'launches'; readonly key: LaunchId }
  | { readonly table: 'runners'; readonly key: InstanceId }
  /** Of acme's. */
  | { readonly table: 'jobs'; readonly key: JobId }
  | { readonly table: 'usage'; readonly key: UsageRecord };

export interface DynamoStores extends Stores {
  readonly client: DynamoDBClient;
  readonly tables: TableNames;
}

export interface StoreBackend<World extends Stores = Stores> {
  readonly name: string;
  start(): Promise<void>;
  fresh(): Promise<World>;
  stop(): Promise<void>;
}

export const memoryBackend = (): StoreBackend => ({
  name: 'in memory',
  start: async () => {},
  async fresh() {
    const { world, ...stores } = createMemoryStores();
    return {
      ...stores,
      setMaxRunners: async (id, maxRunners) => world.setMaxRunners(id, maxRunners),
      setStatus: async (id, status) => world.editTenant(id, { status }),
      edit: async (id, changes) => editInMemory(world, id, changes),
      corrupt: async (row) => void world.unreadable.add(unreadableName(row.table, keyInMemory(row))),
      corruptCap: async (key) => void world.rows.capRows.set(key, { key, leases: Number.NaN, changes: 1 }),
      async unlist(launchId, edit) {
        world.unlisted.add(launchId);
        if (edit === 'open and state removed') world.unreadable.add(unreadableName('launches', launchId));
      },
      // In memory a job has one tier: that of its line.
      async restInFormerTier(jobId, { tier, retryAt }) {
        const key = jobKey(acme, jobId);
        world.rows.jobs.set(key, { ...world.rows.jobs.get(key)!, tier, retryAt });
      },
      allUsage: async () => copyOf([...world.rows.usage.values()]),
      setComparison: async (state) => void world.rows.comparisons.set('last', state),
      sumsOfDay: async (of) => sumsInMemory(world, of),
    };
  },
  stop: async () => {},
});

export function dynamoBackend(): StoreBackend<DynamoStores> {
  let engine: DynamoEngine;
  let client: DynamoDBClient;
  let freshTables: () => Promise<TableNames>;
  return {
    name: 'in DynamoDB',
    async start() {
      engine = await openEngine();
      const { answer } = engine as Partial<DynamoAlone>;
      client = new DynamoDBClient({
        ...(answer ? { requestHandler: withoutHttp(answer) } : {}),
        endpoint: engine.url,
        region: 'us-east-1',
        // DynamoDB Local keeps the tables of each access key apart, so that backends may share one.
        credentials: { accessKeyId: randomBytes(10).toString('hex'), secretAccessKey: 'test' },
      });
      freshTables = createTablesInTurn(client);
    },
    fresh: async () => dynamoStores(client, await freshTables()),
    async stop() {
      client.destroy();
      await engine.close();
    },
  };
}

/** HTTP would take a fifth of the time of each call. */
const withoutHttp = (answer: DynamoAlone['answer']) => ({
  async handle({ headers, body }: { headers: Record<string, string>; body?: Uint8Array }) {
    const found = await answer(headers['x-amz-target'], new TextDecoder().decode(body));
    return { response: { statusCode: found.status, headers: found.headers, body: Buffer.from(found.body) } };
  },
});

/** `npm run conformance` sets the address of its own server, which it stops itself. */
async function openEngine(): Promise<DynamoEngine> {
  const url = process.env['MAYFLY_TEST_DYNAMODB_URL'];
  return url ? { url, close: async () => {} } : await startDynamoAlone();
}

export function dynamoStores(client: DynamoDBClient, tables: TableNames): DynamoStores {
  const edit = async (id: InstallationId, attribute: string, value: AttributeValue) => {
    const command = new UpdateItemCommand({
      TableName: tables.tenants,
      Key: { installation_id: { N: String(id) } },
      UpdateExpression: 'SET #attribute = :value',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': value },
    });
    await pastConflicts(() => client.send(command));
  };
  return {
    tenants: createTenantStore({
      ...{ client, tableName: tables.tenants, auditTable: tables.audit, notesTable: tables.notes },
    }),
    audit: createAudit({ client, tables }),
    controllers: createControllerStore({ client, tables }),
    questions: createQuestionStore({ client, tableName: tables.controllers }),
    usage: createUsageStore({ client, tableName: tables.usage }),
    ledger: createUsageLedger({ client, tableName: tables.usage }),
    jobs: createJobStore({ client, tableName: tables.jobs }),
    launches: createLaunchStore({ client, tables }),
    runners: createRunnerStore({ client, tables }),
    setMaxRunners: (id, maxRunners) => edit(id, 'max_runners', { N: String(maxRunners) }),
    setStatus: (id, status) => edit(id, 'status', { S: status }),
    edit: (id, changes) => editRow(client, { TableName: tables.tenants, id, changes }),
    async corrupt(row) {
      // A job's row may lack its tier.
      const UpdateExpression = row.table === 'jobs' ? 'REMOVE repository' : 'REMOVE tier';
      const of = { TableName: tables[row.table], Key: keyInDynamo(row) };
      await client.send(new UpdateItemCommand({ ...of, UpdateExpression }));
    },
    async corruptCap(key) {
      const of = { TableName: tables.launches, Key: launchKey(LaunchId(key)) };
      const values = { ExpressionAttributeValues: { ':many': { S: 'many' } } };
      await client.send(new UpdateItemCommand({ ...of, ...values, UpdateExpression: 'SET leases = :many' }));
    },
    async unlist(launchId, edit = 'open removed') {
      const of = { TableName: tables.launches, Key: launchKey(launchId) };
      await client.send(new UpdateItemCommand({ ...of, ...unlistings[edit] }));
    },
    async restInFormerTier(jobId, rest) {
      const { pending, retryAt } = restingPlace(jobId, rest)!;
      const of = { TableName: tables.jobs, Key: jobRowKey(acme, jobId) };
      const UpdateExpression = 'SET pending = :pending, retry_at = :retryAt';
      const ExpressionAttributeValues = { ':pending': { S: pending }, ':retryAt': { N: String(retryAt) } };
      await client.send(new UpdateItemCommand({ ...of, UpdateExpression, ExpressionAttributeValues }));
    },
    allUsage: () => listUsage({ client, tableName: tables.usage }, { days: ['2026-11-21'] }),
    sumsOfDay: async (of) => {
      const query = { days: ['2026-11-21'], ...(of === undefined ? {} : { installationId: of }) };
      const { sums, unsummed } = await listSums({ client, tableName: tables.usage }, query);
      return { sums, isUnsummed: unsummed.length > 0 };
    },
    setComparison: (state) => writeComparisonState({ client, usage: tables.usage }, state),
    client,
    tables,
  };
}

function keyInMemory(row: ManualEdit): string {
  switch (row.table) {
    case 'usage':
      return usageKey(row.key)['machine']!.S!;
    case 'jobs':
      return jobKey(acme, row.key);
    default:
      return row.key;
  }
}

function keyInDynamo(row: ManualEdit) {
  switch (row.table) {
    case 'usage':
      return usageKey(row.key);
    case 'jobs':
      return jobRowKey(acme, row.key);
    case 'runners':
      return runnerKey(row.key);
    case 'launches':
      return launchKey(row.key);
  }
}

const unlistings = {
  'open removed': { UpdateExpression: 'REMOVE #open', ExpressionAttributeNames: { '#open': 'open' } },
  'open changed': {
    UpdateExpression: 'SET #open = :text',
    ExpressionAttributeNames: { '#open': 'open' },
    ExpressionAttributeValues: { ':text': { S: 'Machines' } },
  },
  'deadline removed': { UpdateExpression: 'REMOVE deadline' },
  'open and state removed': {
    UpdateExpression: 'REMOVE #open, #state',
    ExpressionAttributeNames: { '#open': 'open', '#state': 'state' },
  },
};
type UnlistingEdit = keyof typeof unlistings;

function sumsInMemory({ rows }: StoreWorld, of: InstallationId | undefined) {
  const { finished = 0, skipped = [] } = rows.rollUps.get('2026-11-21') ?? {};
  const isAsked = (id: InstallationId) => of === undefined || id === of;
  const isMissing = (id: number) =>
    finished === 0 || (skipped.includes(id) && !rows.usageSums.has(`2026-11-21/${id}`));
  const made = [...rows.usageSums.values()].flat().filter(({ installationId: id }) => !isMissing(id));
  const records = [...rows.usage.values()].filter(({ installationId: id }) => isMissing(id));
  return {
    sums: copyOf([...made, ...sumUp(records)].filter(({ installationId: id }) => isAsked(id))),
    isUnsummed: finished === 0 || skipped.some((id) => isAsked(InstallationId(id)) && isMissing(id)),
  };
}

function editInMemory(
  world: StoreWorld,
  id: InstallationId,
  { suspendedBy, ...changes }: OperatorEdit,
): void {
  world.editTenant(id, { ...changes, ...(suspendedBy ? { suspendedBy } : {}) });
  if (suspendedBy === null) world.removeFromTenant(id, 'suspendedBy');
}

/** One `update-item` without a condition. */
async function editRow(
  client: DynamoDBClient,
  { TableName, id, changes }: { TableName: string; id: InstallationId; changes: OperatorEdit },
): Promise<void> {
  const given: Record<string, AttributeValue | null | undefined> = {
    status: changes.status && { S: changes.status },
    suspended_by: changes.suspendedBy && { S: changes.suspendedBy },
    tier: changes.tier && { S: changes.tier },
    max_runners: changes.maxRunners === undefined ? undefined : { N: String(changes.maxRunners) },
    allowed_tiers: changes.allowedTiers && { SS: [...changes.allowedTiers] },
    tier_limits: changes.tierLimits && tierLimitsValue(changes.tierLimits),
    runner_group: changes.runnerGroup === undefined ? undefined : { S: changes.runnerGroup },
    ...capsRow(changes.caps),
    weight: changes.weight === undefined ? undefined : { N: String(changes.weight) },
  };
  const sets = Object.entries(given).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  const removes = Object.keys(given).filter((name) => given[name] === null);
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: { installation_id: { N: String(id) } },
      UpdateExpression: [
        sets.length > 0 ? `SET ${sets.map(([name]) => `#${name} = :${name}`).join(', ')}` : '',
        removes.length > 0 ? `REMOVE ${removes.map((name) => `#${name}`).join(', ')}` : '',
      ].join(' '),
      ExpressionAttributeNames: Object.fromEntries(
        [...sets.map(([name]) => name), ...removes].map((name) => [`#${name}`, name]),
      ),
      ...(sets.length > 0
        ? { ExpressionAttributeValues: Object.fromEntries(sets.map(([name, value]) => [`:${name}`, value])) }
        : {}),
    }),
  );
}
