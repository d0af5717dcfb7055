/**
 * The stores' limits: how many rows they read, the size of a transaction, and how often it is tried. The numbers are
 * literal, so that a raised limit fails.
 */
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { auditOf } from '../../../lib/adapters/dynamodb/audit-list.ts';
import { readComparedDays } from '../../../lib/adapters/dynamodb/comparison-rows.ts';
import { tokenRow } from '../../../lib/adapters/dynamodb/controller-row.ts';
import { createControllerStore } from '../../../lib/adapters/dynamodb/controller-store.ts';
import { decisionRows } from '../../../lib/adapters/dynamodb/decision-row.ts';
import { createDeploymentAudit } from '../../../lib/adapters/dynamodb/deployment-audit.ts';
import { expiresAt } from '../../../lib/adapters/dynamodb/job-row.ts';
import { createJobStore } from '../../../lib/adapters/dynamodb/job-store.ts';
import { launchExpiresAt } from '../../../lib/adapters/dynamodb/launch-row.ts';
import { createRunnerStore } from '../../../lib/adapters/dynamodb/runner-store.ts';
import { createTenantStore } from '../../../lib/adapters/dynamodb/tenant-store.ts';
import { createUsageLedger } from '../../../lib/adapters/dynamodb/usage-ledger.ts';
import { listUsage } from '../../../lib/adapters/dynamodb/usage-list.ts';
import { usageRow } from '../../../lib/adapters/dynamodb/usage-row.ts';
import { listSums } from '../../../lib/adapters/dynamodb/usage-sum-list.ts';
import { sumsExpireAt } from '../../../lib/adapters/dynamodb/usage-sum-row.ts';
import type { Decision } from '../../../lib/core/controllers/decision.ts';
import { InstanceId, JobId, TierName } from '../../../lib/core/ids.ts';
import { usageOf } from '../../../lib/core/usage.ts';
import { givenLaunch, givenRunner } from '../../contracts/support/stored.ts';
import { givenController } from '../../support/controllers.ts';
import { acme, givenTenant, noon } from '../../support/given.ts';
import { nonEmpty } from '../../support/non-empty.ts';

const days = ['2026-11-21'];
const tables = { tenants: 'tenants', jobs: 'jobs', runners: 'runners', launches: 'launches' };
const policies = { tenants: 'tenants', controllers: 'controllers', audit: 'audit' };

/** A client that records the commands, and answers with nothing, or as `answer` says. */
function givenClient(answer: (command: unknown) => object = () => ({})) {
  const asked: object[] = [];
  const client = new DynamoDBClient({ region: 'us-east-1' });
  client.send = async (command: object) => {
    asked.push(command);
    return answer(command);
  };
  return { client, asked };
}

it.each<[string, number, (client: DynamoDBClient) => unknown]>([
  ['the changes of a subject', 100_000, (client) => auditOf({ client, tableName: 'audit' }, 'tenant#1')],
  [
    'a partition of a day’s machines',
    1_000_000,
    (client) => listUsage({ client, tableName: 'usage' }, { days }),
  ],
  ['a day’s sums', 1_000_000, (client) => listSums({ client, tableName: 'usage' }, { days })],
  ['compared days of a month', 31, (client) => readComparedDays({ client, usage: 'usage' }, '2026-11')],
  [
    'a page of a day’s machines',
    1_000,
    (client) =>
      createUsageLedger({ client, tableName: 'usage' })
        .recordsOf(days[0]!, acme)
        [Symbol.asyncIterator]()
        .next(),
  ],
  [
    'controllers of an owner',
    200,
    (client) => createControllerStore({ client, tables: policies }).policyOf(acme),
  ],
  [
    'decisions on a job',
    100,
    (client) => createControllerStore({ client, tables: policies }).decisionsOfJob(acme, JobId(1)),
  ],
  [
    'jobs that wait beyond a limit',
    20_000,
    (client) => createJobStore({ client, tableName: 'jobs' }).listWaitingBeyond(acme, 1, 1),
  ],
  [
    'jobs that show which tiers wait',
    4,
    (client) => createJobStore({ client, tableName: 'jobs' }).tiersWithWaiting(acme),
  ],
  [
    'installations of an account',
    100_000,
    (client) => createTenantStore({ client, tableName: 'tenants' }).findByAccount(1),
  ],
])('reads at most this many rows of %s: %i', async (_, most, read) => {
  const { client, asked } = givenClient();
  await read(client);
  const [query] = asked.filter((command) => command instanceof QueryCommand);
  expect(query?.input.Limit).toBe(most);
});

describe('a row', () => {
  const decision: Decision = {
    ...{ installationId: acme, jobId: JobId(1), repository: 'acme/app', epoch: 1, votes: [] },
    gate: 'queue',
    outcome: 'admitted',
    decidedAt: new Date(noon).toISOString(),
  };
  const used = usageOf({ runner: givenRunner(), reason: 'stood-down', endedAt: noon, job: undefined });

  it.each([
    ['a decision, after it was made,', 30, decisionRows(decision)[0]?.['expires_at'], noon],
    ['a job or a machine, after its end,', 7, expiresAt(noon), noon],
    ['a launch, after its fence,', 7, launchExpiresAt({ ...givenLaunch([]), callUntil: noon }), noon],
    ['a machine’s cost, after its end,', 62, usageRow(used)['expires_at'], noon],
    ['a day’s sums', 430, sumsExpireAt(days[0]!), Date.parse(days[0]!)],
  ])('of %s is kept for %i days', (_, kept, expires, from) => {
    expect(Number(expires?.N) - from / 1000).toBe(kept * 24 * 60 * 60);
  });
});

describe('a transaction', () => {
  const itemsOf = (asked: readonly object[]) =>
    asked
      .filter((command) => command instanceof TransactWriteItemsCommand)
      .map(({ input }) => input.TransactItems?.length);

  it("ends twenty-five machines, and subtracts them from their tenant's count", async () => {
    const { client, asked } = givenClient();
    const ends = Array.from({ length: 60 }, (_, n) => {
      const runner = givenRunner({ instanceId: InstanceId(`i-${n}`) });
      return { runner, reason: 'stood-down', at: noon } as const;
    });
    await createRunnerStore({ client, tables }).end(ends);
    expect(itemsOf(asked)).toEqual([26, 26, 11]);
  });

  it('removes fifty tokens with their controller, which leaves room for the other writes', async () => {
    const token = (n: number) =>
      tokenRow({
        ...{ owner: acme, controllerId: 'ctl_1', id: `tok_${n}`, digest: 'ab12' },
        ...{ description: '', createdAt: '2026-11-21T12:00:00.000Z' },
      });
    const rows = { Items: Array.from({ length: 200 }, (_, n) => token(n)) };
    const { client, asked } = givenClient((command) => (command instanceof QueryCommand ? rows : {}));
    const controllers = [givenController({ id: 'ctl_1' })];
    const from = { owner: acme, epoch: 1, controllers };
    await createControllerStore({ client, tables: policies }).save(from, { put: [], remove: ['ctl_1'] });
    // The pauses; none is really waited for.
    expect(itemsOf(asked)).toEqual([54]);
  });
});

describe('a write that conflicts with simultaneous changes', () => {
  /** The pauses, none of which is waited for. */
  async function pausesOf(work: () => Promise<unknown>): Promise<number[]> {
    const pauses: number[] = [];
    const { setTimeout: usual } = globalThis;
    globalThis.setTimeout = ((run: () => void, milliseconds: number) => {
      pauses.push(milliseconds);
      return usual(run, 0);
    }) as typeof setTimeout;
    try {
      await work();
    } finally {
      globalThis.setTimeout = usual;
    }
    return pauses;
  }
  const canceled = (Code: string) => () => {
    throw new TransactionCanceledException({ CancellationReasons: [{ Code }], message: '', $metadata: {} });
  };
  const end = { runner: givenRunner(), reason: 'stood-down', at: noon } as const;

  it('is tried 25 times within three seconds, with short pauses', async () => {
    const { client, asked } = givenClient(canceled('TransactionConflict'));
    const runners = createRunnerStore({ client, tables });
    const pauses = await pausesOf(() =>
      expect(runners.end([end])).rejects.toMatchObject({ code: 'TransactionConflict' }),
    );
    expect(asked).toHaveLength(25);
    expect(pauses).toHaveLength(24);
    for (const milliseconds of nonEmpty(pauses)) {
      expect(milliseconds).toBeLessThanOrEqual(100);
      expect(milliseconds).toBeGreaterThanOrEqual(10);
    }
  });

  it('is tried six times within a second if it is throttled', async () => {
    const { client, asked } = givenClient(canceled('ThrottlingError'));
    const runners = createRunnerStore({ client, tables });
    const pauses = await pausesOf(() =>
      expect(runners.end([end])).rejects.toMatchObject({ code: 'ThrottlingError' }),
    );
    expect(asked).toHaveLength(6);
    for (const [n, most] of [30, 60, 120, 240, 480].entries()) {
      expect(pauses[n]).toBeLessThanOrEqual(most);
      expect(pauses[n]).toBeGreaterThanOrEqual(most / 2);
    }
    expect(pauses).toHaveLength(5);
  });

  it('is tried for as long as without conflicts if it is throttled after some', async () => {
    const codes = [...Array.from({ length: 24 }, () => 'TransactionConflict'), 'ThrottlingError'];
    const { client, asked } = givenClient(() => canceled(codes.shift() ?? 'ThrottlingError')());
    const runners = createRunnerStore({ client, tables });
    const pauses = await pausesOf(() =>
      expect(runners.end([end])).rejects.toMatchObject({ code: 'ThrottlingError' }),
    );
    expect(asked).toHaveLength(30);
    expect(pauses).toHaveLength(29);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(480);
  });

  it("of a deployment's record is tried three times", async () => {
    const taken = () => {
      throw new ConditionalCheckFailedException({ message: 'It is there.', $metadata: {} });
    };
    const { client, asked } = givenClient((command) => (command instanceof PutItemCommand ? taken() : {}));
    const audit = createDeploymentAudit({ client, tableName: 'audit' });
    const deployed = { at: '2026-11-21T12:00:00.000Z', who: 'ann', configuration: '{}', code: 'a1' };
    await expect(audit.recordConfiguration(deployed)).rejects.toMatchObject({ code: 'overtaken' });
    expect(asked.filter((command) => command instanceof PutItemCommand)).toHaveLength(3);
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-expression-parameters
describe("an expression, of which DynamoDB takes 4,096 bytes, has room for thirty tiers' leases of a week", () => {
  const tiers = Array.from({ length: 30 }, (_, n) => TierName(`tier-${n}`));
  const week = Array.from({ length: 8 }, (_, n) => `2026-11-${14 + n}`);

  it('when they are counted anew', async () => {
    const { client, asked } = givenClient();
    const counts = new Map(tiers.map((tier) => [tier, 1]));
    const byDay = new Map(week.map((day) => [day, 1]));
    const held = { expected: byDay, overrun: byDay, since: new Map(week.map((day) => [day, counts])) };
    const store = createTenantStore({ client, tableName: 'tenants' });
    await store.correctLeases(givenTenant(), { tierLeases: counts, held });
    expect(longestIn(asked)).toBeLessThanOrEqual(4_096);
  });

  it('when 25 machines of as many tiers and days end', async () => {
    const { client, asked } = givenClient();
    const store = createRunnerStore({ client, tables });
    const ends = tiers.slice(0, 25).map((tier, n) => {
      const launchedAt = noon - n * 24 * 60 * 60 * 1000;
      const runner = { ...givenRunner({ instanceId: InstanceId(`i-${n}`) }), tier };
      const spend = { launchedAt, change: -1, expected: 2, overrun: 1, life: 3 };
      return { runner, at: noon, reason: 'job-completed', spend } as const;
    });
    await store.end(ends);
    expect(longestIn(asked)).toBeLessThanOrEqual(4_096);
  });
});

const longestIn = (asked: readonly object[]) =>
  Math.max(
    ...[...JSON.stringify(asked).matchAll(/"UpdateExpression":"([^"]*)"/g)].map(
      ([, text = '']) => text.length,
    ),
  );
