/** Queues to functions: what is deleted, and what comes back. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { type EventSourceOptions, startEventSource } from '../../../lib/local/lambda/event-source.ts';
import type { InvokeResult } from '../../../lib/local/lambda/function-host.ts';
import { eventually, FakeQueues } from './fake-cloud.ts';

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:builds';
interface Batch {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function givenSource(
  bodies: readonly string[],
  invoke: (batch: Batch) => InvokeResult | Promise<InvokeResult>,
  options: Partial<EventSourceOptions> = {},
) {
  const queues = (options.queues as FakeQueues | undefined) ?? new FakeQueues();
  for (const body of bodies) await queues.send(queueArn, { body });
  const batches: Batch[] = [];
  const source = startEventSource({
    queueArn,
    region: 'us-east-1',
    batchSize: 10,
    batchingWindowSeconds: 0,
    concurrency: 5,
    reportsItemFailures: true,
    queues,
    invoke: async (event) => {
      batches.push(event as Batch);
      return invoke(event as Batch);
    },
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
  closers.push(source.close);
  const settle = () => source.close();
  const left = () => queues.hidden.map(({ message }) => message.body);
  return { queues, batches, left, settle };
}

const failing = (ids: unknown) => ({ payload: { batchItemFailures: ids } });

describe('an event source', () => {
  it('deletes a batch that succeeded', async () => {
    const { left, batches } = await givenSource(['a', 'b'], () => ({ payload: null }));
    await eventually(() => batches.length === 1 && left().length === 0);
    expect(batches[0]?.Records.map(({ body }) => body)).toEqual(['a', 'b']);
  });

  it('keeps only the messages that the function names, and delivers them again later', async () => {
    const { left, batches, queues } = await givenSource(['a', 'b', 'c'], ({ Records }) =>
      failing(
        Records.filter(({ body }) => body === 'b').map((record) => ({ itemIdentifier: record.messageId })),
      ),
    );
    await eventually(() => batches.length === 1 && left().length === 1);
    expect(left()).toEqual(['b']);
    queues.returnAll();
    await eventually(() => batches.length === 2);
    expect(batches[1]?.Records.map(({ body }) => body)).toEqual(['b']);
  });

  it.each<[string, InvokeResult]>([
    ['a failed invocation', { error: { errorType: 'Error', errorMessage: 'no' } }],
    ['an unknown message id', failing([{ itemIdentifier: 'other' }])],
    ['an empty message id', failing([{ itemIdentifier: '' }])],
    ['failures that are not a list', failing('all')],
    ['an answer that is a string', { payload: 'fine' }],
  ])('keeps the whole batch after %s', async (_, result) => {
    const { left, batches, settle } = await givenSource(['a', 'b'], () => result);
    await eventually(() => batches.length === 1);
    await settle();
    expect(left()).toEqual(['a', 'b']);
  });

  it('deletes the batch whatever the answer says, if partial answers are not configured', async () => {
    const answer = () => failing([{ itemIdentifier: 'm1' }]);
    const { left, batches } = await givenSource(['a'], answer, { reportsItemFailures: false });
    await eventually(() => batches.length === 1 && left().length === 0);
    expect(batches).toHaveLength(1);
  });

  it('runs no more concurrent batches than configured', async () => {
    let running = 0;
    let most = 0;
    const invoke = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return { payload: null };
    };
    const options = { batchSize: 1, concurrency: 2 };
    const { left, batches } = await givenSource(['a', 'b', 'c', 'd', 'e'], invoke, options);
    await eventually(() => batches.length === 5 && left().length === 0);
    expect(most).toBe(2);
  });

  it('waits for more messages during its batching window', async () => {
    const queues = new FakeQueues();
    const receive = queues.receive.bind(queues);
    let asked = 0;
    queues.receive = async (...about) => {
      asked += 1;
      if (asked === 2) await queues.send(queueArn, { body: 'b' });
      return receive(...about);
    };
    const options = { batchingWindowSeconds: 0.2, queues };
    const { batches } = await givenSource(['a'], () => ({ payload: null }), options);
    await eventually(() => batches.length === 1);
    expect(batches[0]?.Records.map(({ body }) => body)).toEqual(['a', 'b']);
  });

  it('gives each record the fields that Lambda provides', async () => {
    const { batches } = await givenSource(['hello'], () => ({ payload: null }));
    await eventually(() => batches.length === 1);
    expect(batches[0]?.Records[0]).toEqual({
      messageId: 'm1',
      receiptHandle: 'r1',
      body: 'hello',
      attributes: {},
      messageAttributes: {},
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: 'us-east-1',
    });
  });
});
