/** How many units a look for questions reads in DynamoDB, by DynamoDB's own count. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { acme, noon } from '../support/given.ts';
import { givenQuestion } from '../support/questions.ts';
import { type DynamoStores, dynamoBackend } from './support/store-backends.ts';

const limit = 10;
const backend = dynamoBackend();
const reads = { rows: 0, units: 0, calls: 0 };
let stores: DynamoStores;

beforeAll(async () => {
  await backend.start();
  stores = await backend.fresh();
  countReads(stores);
});
afterAll(() => backend.stop());

/** Of a look four seconds after noon. */
async function look(owner: InstallationId) {
  Object.assign(reads, { rows: 0, units: 0, calls: 0 });
  const found = await stores.questions.pendingOf(owner, 'ctl_1', { now: noon + 4_000, limit });
  return { found: found.length, ...reads };
}

describe('a look for questions', () => {
  it('reads no question if none is open, whatever was answered or is late', async () => {
    await ask({ owner: acme, jobs: 130, of: () => acme });
    await answerAll(acme, 130);
    await ask({ owner: acme, jobs: 60, of: () => acme, askedAt: noon - 3_000 });
    expect(await look(acme)).toEqual({ found: 0, rows: 0, units: expect.any(Number), calls: 1 });
    expect(reads.units).toBeLessThanOrEqual(1);
  });

  it('reads each question that it hands out once in the index and once itself', async () => {
    await ask({ owner: acme, jobs: 40, of: () => acme, from: 1_000 });
    expect(await look(acme)).toMatchObject({ found: limit, rows: 2 * limit, calls: 2 });
    expect(reads.units).toBeLessThanOrEqual(limit + 1);
  });

  it('for the operator reads no more, with one more call for each lane', async () => {
    await ask({ owner: platformOwner, jobs: 130, of: (n) => InstallationId(1 + (n % 3)) });
    const { found, rows, calls } = await look(platformOwner);
    expect({ found, rows }).toEqual({ found: limit, rows: 2 * limit });
    expect(calls).toBeLessThanOrEqual(8);
    await answerAll(platformOwner, 130);
    expect(await look(platformOwner)).toMatchObject({ found: 0, rows: 0, calls: 4 });
    expect(reads.units).toBeLessThanOrEqual(4);
  });
});

interface Asked {
  readonly owner: InstallationId;
  readonly jobs: number;
  readonly of: (n: number) => InstallationId;
  readonly askedAt?: number;
  readonly from?: number;
}

async function ask({ owner, jobs, of, askedAt = noon, from = 0 }: Asked): Promise<void> {
  const questions = Array.from({ length: jobs }, (_, n) =>
    givenQuestion({ owner, installationId: of(n), jobId: JobId(from + n + 1), askedAt }),
  );
  await Promise.all(questions.map((question) => stores.questions.ask(question)));
}

async function answerAll(owner: InstallationId, jobs: number): Promise<void> {
  const answers = Array.from({ length: jobs }, (_, n) =>
    stores.questions.answer(givenQuestion({ owner, jobId: JobId(n + 1) }), { vote: 'admit' }, noon + 1),
  );
  const taken = (await Promise.all(answers)).filter(({ kind }) => kind === 'taken');
  expect(taken).toHaveLength(jobs);
}

interface Used {
  readonly ScannedCount?: number;
  readonly Responses?: Record<string, readonly unknown[]>;
  readonly ConsumedCapacity?: { CapacityUnits?: number } | readonly { CapacityUnits?: number }[];
}

function countReads({ client }: DynamoStores): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        const input = { ...call.input, ReturnConsumedCapacity: 'TOTAL' } as typeof call.input;
        const answer = await next({ ...call, input });
        if (commandName !== 'QueryCommand' && commandName !== 'BatchGetItemCommand') return answer;
        const { ScannedCount = 0, Responses = {}, ConsumedCapacity = [] } = answer.output as Used;
        reads.calls += 1;
        reads.rows += ScannedCount + Object.values(Responses).flat().length;
        for (const { CapacityUnits = 0 } of [ConsumedCapacity].flat()) reads.units += CapacityUnits;
        return answer;
      },
    { step: 'initialize', name: 'reads' },
  );
}
