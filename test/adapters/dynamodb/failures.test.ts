/** How the stores handle DynamoDB's failures: which are retryable, which are retried here, and when they give up. */
import {
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandInput,
  BatchGetItemCommand,
  type BatchStatementRequest,
  DynamoDBClient,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createJobStore } from '../../../lib/adapters/dynamodb/job-store.ts';
import { createRunnerStore } from '../../../lib/adapters/dynamodb/runner-store.ts';
import { createTenantStore } from '../../../lib/adapters/dynamodb/tenant-store.ts';
import { InstallationId } from '../../../lib/core/ids.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import { type DynamoStores, dynamoBackend } from '../../contracts/support/store-backends.ts';
import {
  givenRunner,
  machine,
  storedTenant,
  takenLaunch,
  theTenant,
} from '../../contracts/support/stored.ts';
import { acme, givenJobs, noon, small } from '../../support/given.ts';

const backend = dynamoBackend();

/** The real client, except that `instead` answers or throws for the first commands of one class. */
function disturbed(
  client: DynamoDBClient,
  what: { command: unknown; times: number; instead: (input: never) => unknown },
) {
  let left = what.times;
  const send = async (command: { input: never; constructor: unknown }) => {
    if (command.constructor !== what.command || left === 0) return client.send(command as never);
    left -= 1;
    return what.instead(command.input);
  };
  return { send } as unknown as DynamoDBClient;
}

describe('failures of DynamoDB', () => {
  let stores: DynamoStores;
  beforeAll(() => backend.start());
  beforeEach(async () => {
    stores = await backend.fresh();
  });
  afterAll(() => backend.stop());

  it('retries only the inserts that were throttled', async () => {
    const throttled = (input: { Statements: unknown[] }) => ({
      Responses: input.Statements.map(() => ({ Error: { Code: 'ThrottlingError', Message: 'slow down' } })),
    });
    const client = disturbed(stores.client, {
      command: BatchExecuteStatementCommand,
      times: 2,
      instead: throttled,
    });
    const jobs = createJobStore({ client, tableName: stores.tables.jobs });

    expect(await jobs.insert(givenJobs(3))).toEqual(['inserted', 'inserted', 'inserted']);
    expect(await stores.jobs.listWaiting(acme, small, 10)).toHaveLength(3);
  });

  it('gives up on throttled inserts with a retryable error', async () => {
    const throttled = () => ({ Responses: [{ Error: { Code: 'ThrottlingError' } }] });
    const client = disturbed(stores.client, {
      command: BatchExecuteStatementCommand,
      times: 99,
      instead: throttled,
    });
    const jobs = createJobStore({ client, tableName: stores.tables.jobs });

    expect(await jobs.insert(givenJobs(1))).toMatchObject([{ code: 'ThrottlingError', retryable: true }]);
  });

  it("returns a tenant's own rows while another tenant’s partition is throttled", async () => {
    let isThrottled = true;
    const throttleAcme = async ({ Statements = [] }: BatchExecuteStatementCommandInput) => {
      const open = Statements.filter(
        ({ Parameters = [] }) => !isThrottled || Parameters.every(({ N }) => N !== String(acme)),
      );
      const written = open.length > 0 ? await execute(open) : [];
      const throttled = { Error: { Code: 'ThrottlingError' } };
      return { Responses: Statements.map((one) => (open.includes(one) ? written.shift() : throttled)) };
    };
    const execute = async (Statements: BatchStatementRequest[]) =>
      (await stores.client.send(new BatchExecuteStatementCommand({ Statements }))).Responses ?? [];
    const command = BatchExecuteStatementCommand;
    const client = disturbed(stores.client, { command, times: 99, instead: throttleAcme });
    const jobs = createJobStore({ client, tableName: stores.tables.jobs });
    const [job] = givenJobs(1);

    const ofAcme = jobs.insert([job!]);
    const other = { ...job!, installationId: InstallationId(9_999) };
    expect(await jobs.insert([other, other])).toEqual(['inserted', 'exists']);
    isThrottled = false;
    expect(await ofAcme).toEqual(['inserted']);
  });

  it('sends each job separately if one makes the call fail for all', async () => {
    const unreadable = ({ Statements }: { Statements: { Parameters: { S?: string }[] }[] }) => {
      const isUnreadable = Statements.some(({ Parameters }) =>
        Parameters.some(({ S }) => S === 'acme/unreadable'),
      );
      if (isUnreadable) throw Object.assign(new Error('unreadable'), { name: 'SerializationException' });
      return { Responses: Statements.map(() => ({})) };
    };
    const client = disturbed(stores.client, {
      command: BatchExecuteStatementCommand,
      times: 99,
      instead: unreadable,
    });
    const jobs = createJobStore({ client, tableName: stores.tables.jobs });
    const given = givenJobs(3).map((job) =>
      job.jobId === 2 ? { ...job, repository: 'acme/unreadable' } : job,
    );

    expect(await jobs.insert(given)).toMatchObject([
      'inserted',
      { code: 'SerializationException', retryable: false },
      'inserted',
    ]);
  });

  it("frees a lease although transactions conflict on the tenant's row", async () => {
    await takenLaunch(stores, 1);
    await stores.runners.bind([givenRunner()]);
    const conflict = () => {
      throw new TransactionConflictException({ message: 'busy', $metadata: {} });
    };
    const disturbance = { command: TransactWriteItemsCommand, times: 2, instead: conflict };
    const runners = createRunnerStore({
      client: disturbed(stores.client, disturbance),
      tables: stores.tables,
    });

    await runners.end([{ runner: givenRunner(), reason: 'stood-down', at: noon }]);

    expect((await theTenant(stores)).leases).toBe(0);
  });

  it('reads again what a batch left unprocessed', async () => {
    await stores.runners.bind([givenRunner()]);
    const unread = (input: { RequestItems: unknown }) => ({
      Responses: {},
      UnprocessedKeys: input.RequestItems,
    });
    const client = disturbed(stores.client, { command: BatchGetItemCommand, times: 2, instead: unread });
    const runners = createRunnerStore({ client, tables: stores.tables });

    expect(await runners.findAcrossTenants([machine])).toEqual([givenRunner()]);
  });

  it('combines reads of the same moment into one call, with each row once', async () => {
    await storedTenant(stores);
    await stores.runners.bind([givenRunner()]);
    let calls = 0;
    const send = (command: never) => {
      calls += 1;
      return stores.client.send(command);
    };
    const client = { send } as unknown as DynamoDBClient;
    const runners = createRunnerStore({ client, tables: stores.tables });
    const tenants = createTenantStore({ client, tableName: stores.tables.tenants });

    const [found, one, other, nobody] = await Promise.all([
      runners.findAcrossTenants([machine]),
      tenants.get(acme),
      tenants.get(acme),
      tenants.get(InstallationId(404)),
    ]);

    expect([found, one?.installationId, other?.installationId, nobody]).toEqual([
      [givenRunner()],
      acme,
      acme,
      undefined,
    ]);
    expect(calls).toBe(1);
  });

  it('reports a missing table as not retryable', async () => {
    const tenants = createTenantStore({ client: stores.client, tableName: 'no-such-table' });

    const failure = await tenants.get(acme).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(OperationalError);
    expect(failure).toMatchObject({ code: 'ResourceNotFoundException', retryable: false });
  });

  it('reports a lost connection as retryable', async () => {
    await storedTenant(stores);
    const client = new DynamoDBClient({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
    const tenants = createTenantStore({ client, tableName: stores.tables.tenants });

    await expect(tenants.get(acme)).rejects.toMatchObject({ name: 'OperationalError', retryable: true });
    client.destroy();
  });
});
