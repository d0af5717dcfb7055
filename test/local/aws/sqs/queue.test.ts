import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Queue } from '../../../../lib/local/aws/sqs/queue.ts';
import { createSqsService, type SqsService } from '../../../../lib/local/aws/sqs.ts';
import { nonEmpty } from '../../../support/non-empty.ts';
import { place } from '../support.ts';

const dead = 'arn:aws:sqs:us-east-1:123456789012:jobs-dead';
const redriveAfter = (maxReceiveCount: number) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead, maxReceiveCount }),
});

describe('a queue, used in process', () => {
  let sqs: SqsService;
  const givenQueue = (attributes: Record<string, string> = {}) => {
    sqs = createSqsService({ ...place, endpointUrl: () => 'http://127.0.0.1:1' });
    sqs.createQueue({ name: 'jobs-dead' });
    return sqs.createQueue({ name: 'jobs', attributes }).arn;
  };
  afterEach(() => sqs.close());

  const receive = (arn: string, changes: { max?: number; hideSeconds?: number; waitSeconds?: number } = {}) =>
    sqs.receive(arn, {
      max: changes.max ?? 10,
      visibilityTimeoutSeconds: changes.hideSeconds,
      waitSeconds: changes.waitSeconds ?? 0,
    });
  const bodies = (messages: readonly { body: string }[]) => messages.map(({ body }) => body);

  it('gives a message to one receiver at a time, until it is deleted', async () => {
    const arn = givenQueue();
    sqs.send(arn, 'a job', { messageGroupId: '42' });
    const [message] = await receive(arn);
    expect(message).toMatchObject({
      body: 'a job',
      md5OfBody: createHash('md5').update('a job').digest('hex'),
      attributes: { ApproximateReceiveCount: '1', MessageGroupId: '42', SentTimestamp: expect.any(String) },
    });
    expect(await receive(arn)).toEqual([]);
    expect(sqs.counts(arn)).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    sqs.delete(arn, [message!.receiptHandle]);
    expect(sqs.counts(arn)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('shows a message again when its visibility timeout ends', async () => {
    const arn = givenQueue();
    sqs.send(arn, 'a job');
    const [first] = await receive(arn, { hideSeconds: 0.03 });
    const [second] = await receive(arn, { waitSeconds: 20 });
    expect(second?.messageId).toBe(first?.messageId);
    expect(second?.attributes['ApproximateReceiveCount']).toBe('2');
  });

  it('accepts no receipt of an earlier receive', async () => {
    const arn = givenQueue();
    sqs.send(arn, 'a job');
    const [first] = await receive(arn, { hideSeconds: 0 });
    await receive(arn);
    sqs.delete(arn, [first!.receiptHandle]);
    expect(sqs.counts(arn).inFlight).toBe(1);
  });

  it('returns a message once in a receive, even with a visibility timeout of zero', async () => {
    const arn = givenQueue();
    sqs.send(arn, 'a job');
    expect(await receive(arn, { hideSeconds: 0 })).toHaveLength(1);
  });

  it('extends and ends invisibility on request', async () => {
    const arn = givenQueue();
    sqs.send(arn, 'a job');
    const [message] = await receive(arn, { hideSeconds: 0.02 });
    sqs.changeVisibility(arn, [message!.receiptHandle], 60);
    await sleep(40);
    expect(sqs.counts(arn).inFlight).toBe(1);
    sqs.changeVisibility(arn, [message!.receiptHandle], 0);
    expect(sqs.counts(arn).visible).toBe(1);
  });

  it('moves a message to the dead letters after the maximum number of receives', async () => {
    const arn = givenQueue(redriveAfter(2));
    const { messageId } = sqs.send(arn, 'a bad job');
    await receive(arn, { hideSeconds: 0 });
    expect(sqs.counts(arn).visible).toBe(1);
    await receive(arn, { hideSeconds: 0 });
    expect(sqs.counts(arn)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    const [letter] = await receive(dead);
    expect(letter).toMatchObject({ messageId, body: 'a bad job' });
    expect(letter?.attributes['DeadLetterQueueSourceArn']).toBe(arn);
  });

  it('holds a message back during its delay', async () => {
    const arn = givenQueue();
    sqs.send(arn, 'later', { delaySeconds: 0.03 });
    expect(sqs.counts(arn)).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
    expect(bodies(await receive(arn, { waitSeconds: 20 }))).toEqual(['later']);
  });

  it('wakes a waiting receiver immediately, with all messages that came together', async () => {
    const arn = givenQueue();
    const waiting = receive(arn, { waitSeconds: 10 });
    for (const body of ['a', 'b', 'c']) sqs.send(arn, body);
    // In the same turn of the event loop: everything else comes later.
    const nextTurn = new Promise((resolve) => setImmediate(() => resolve('the next turn')));
    expect(await Promise.race([waiting.then(bodies), nextTurn])).toEqual(['a', 'b', 'c']);
  });

  it('gives several waiting receivers different messages', async () => {
    const arn = givenQueue();
    const waiting = [receive(arn, { max: 1, waitSeconds: 20 }), receive(arn, { max: 1, waitSeconds: 20 })];
    sqs.send(arn, 'a');
    sqs.send(arn, 'b');
    expect((await Promise.all(waiting)).map(bodies)).toEqual([['a'], ['b']]);
  });

  it('ends a wait without messages at its timeout, when the receiver gives up, or when the queue closes', async () => {
    const arn = givenQueue();
    const abort = new AbortController();
    const aborted = sqs.receive(arn, { max: 1, waitSeconds: 20, signal: abort.signal });
    const late = receive(arn, { waitSeconds: 0.02 });
    abort.abort();
    expect(await Promise.all([aborted, late])).toEqual([[], []]);
    const closed = receive(arn, { waitSeconds: 20 });
    sqs.close();
    expect(await closed).toEqual([]);
  });

  it('loses no message to a receiver that has given up', async () => {
    const arn = givenQueue();
    const abort = new AbortController();
    const aborted = sqs.receive(arn, { max: 1, waitSeconds: 20, signal: abort.signal });
    abort.abort();
    sqs.send(arn, 'a job');
    expect(await aborted).toEqual([]);
    expect(sqs.counts(arn).visible).toBe(1);
  });

  const flood = (arn: string, messages: number, group = 'noisy') => {
    for (let index = 0; index < messages; index += 1) {
      sqs.send(arn, `${group}-${index}`, { messageGroupId: group });
    }
  };
  const takeTens = async (arn: string, times: number) => {
    const taken = [];
    for (let time = 0; time < times; time++) taken.push(...(await receive(arn)));
    return taken;
  };

  it('serves quiet groups before one with a tenth, and at least thirty, of the messages in flight', async () => {
    const arn = givenQueue();
    flood(arn, 50);
    sqs.send(arn, 'quiet', { messageGroupId: 'quiet' });
    const first = bodies(await takeTens(arn, 3));
    expect(nonEmpty(first).every((body) => body.startsWith('noisy'))).toBe(true);
    expect(bodies(await receive(arn, { max: 2 }))).toEqual(['quiet', 'noisy-30']);
  });

  it('applies no fairness while fewer than thirty messages of the noisy group are in flight', async () => {
    const arn = givenQueue();
    flood(arn, 40);
    sqs.send(arn, 'quiet', { messageGroupId: 'quiet' });
    await takeTens(arn, 2);
    expect(bodies(await receive(arn)).at(-1)).toBe('noisy-29');
  });

  it('treats a group as noisy until none of its messages is left', async () => {
    const arn = givenQueue();
    flood(arn, 60);
    const taken = await takeTens(arn, 3);
    sqs.delete(
      arn,
      taken.map(({ receiptHandle }) => receiptHandle),
    );
    sqs.send(arn, 'quiet', { messageGroupId: 'quiet' });
    expect(bodies(await receive(arn, { max: 2 }))).toEqual(['quiet', 'noisy-30']);
  });

  it('treats each message without a group as a tenant of its own', async () => {
    const arn = givenQueue();
    for (let index = 0; index < 50; index += 1) sqs.send(arn, `alone-${index}`);
    sqs.send(arn, 'quiet', { messageGroupId: 'quiet' });
    await takeTens(arn, 3);
    expect(bodies(await receive(arn, { max: 1 }))).toEqual(['alone-30']);
  });

  it('of two noisy groups, serves the one that has less in flight', async () => {
    const arn = givenQueue();
    flood(arn, 60, 'one');
    await takeTens(arn, 4);
    flood(arn, 60, 'two');
    await takeTens(arn, 3);
    expect(bodies(await receive(arn, { max: 1 }))).toEqual(['two-30']);
  });

  it.each([
    { case: 'U+FFFE', body: 'a\ufffe', code: 'InvalidMessageContents' },
    { case: 'U+FFFF', body: '\uffff', code: 'InvalidMessageContents' },
    { case: 'half a character', body: 'a\ud800', code: 'InvalidMessageContents' },
    { case: 'a control character', body: 'a\u0000', code: 'InvalidMessageContents' },
    { case: 'more than 1 MiB', body: 'ä'.repeat(524_289), code: 'InvalidParameterValue' },
  ])('refuses $case', ({ body, code }) => {
    const arn = givenQueue();
    expect(() => sqs.send(arn, body)).toThrow(expect.objectContaining({ code }));
    expect(sqs.counts(arn).visible).toBe(0);
  });

  it('accepts all characters that XML allows, up to 1 MiB with attributes', () => {
    const arn = givenQueue();
    sqs.send(arn, '\t\n\r\u007f\ufffd🐛');
    const attributes = { n: { DataType: 'String', StringValue: 'v'.repeat(8) } };
    sqs.send(arn, 'x'.repeat(1_048_576 - 15), { messageAttributes: attributes });
    expect(() => sqs.send(arn, 'x'.repeat(1_048_576 - 14), { messageAttributes: attributes })).toThrow(
      /shorter/,
    );
  });

  it.each(['', 'x'.repeat(129), 'two words', 'ü'])('refuses the group %j', (messageGroupId) => {
    const arn = givenQueue();
    expect(() => sqs.send(arn, 'a job', { messageGroupId })).toThrow(/MessageGroupId/);
  });

  it('keeps the order of arrival while nobody is noisy, and for messages that come back', async () => {
    const arn = givenQueue();
    for (const body of ['a', 'b', 'c']) sqs.send(arn, body, { messageGroupId: body });
    await receive(arn, { max: 2, hideSeconds: 0 });
    expect(bodies(await receive(arn))).toEqual(['a', 'b', 'c']);
  });

  it('drops messages when their retention ends', async () => {
    const arn = givenQueue({ MessageRetentionPeriod: '60' });
    const now = Date.now;
    sqs.send(arn, 'old');
    try {
      Date.now = () => now() + 61_000;
      expect(sqs.counts(arn).visible).toBe(0);
      expect(await receive(arn)).toEqual([]);
    } finally {
      Date.now = now;
    }
  });
});

describe('a service that sends to a queue', () => {
  const rule = 'arn:aws:events:us-east-1:123456789012:rule/dev-instances';
  const sending = { queue: 'jobs', principalService: 'events.amazonaws.com', sourceArn: rule, body: '{}' };

  it('may, if and only if the policy of the queue says so', () => {
    const sqs = createSqsService({ ...place, endpointUrl: () => 'http://127.0.0.1:1' });
    const { arn } = sqs.createQueue({ name: 'jobs' });
    expect(() => sqs.sendAsService(sending)).toThrow(/events.amazonaws.com is not authorized/);
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: arn,
      Condition: { ArnEquals: { 'aws:SourceArn': rule } },
    };
    sqs.setPolicy(arn, JSON.stringify({ Statement: [statement] }));
    sqs.sendAsService(sending);
    expect(() => sqs.sendAsService({ ...sending, sourceArn: `${rule}-2` })).toThrow(/is not authorized/);
    expect(sqs.counts(arn).visible).toBe(1);
    sqs.close();
  });
});

it('gives no more messages than may be in flight: a short poll fails, a long one gets nothing', async () => {
  const queue = new Queue({
    visibilityTimeoutSeconds: () => 30,
    delaySeconds: () => 0,
    retentionSeconds: () => 60,
    maxReceiveCount: () => 3,
    bury: () => undefined,
    mostInFlight: 2,
  });
  for (const body of ['a', 'b', 'c']) queue.send({ body, senderId: 'AIDA' });
  const received = await queue.receive({ max: 10, waitSeconds: 0 });
  expect(received).toHaveLength(2);
  await expect(queue.receive({ max: 10, waitSeconds: 0 })).rejects.toMatchObject({ code: 'OverLimit' });
  expect(await queue.receive({ max: 10, waitSeconds: 0.01 })).toEqual([]);
  queue.delete(received[0]!.receiptHandle);
  expect(await queue.receive({ max: 10, waitSeconds: 0 })).toHaveLength(1);
  queue.close();
});
