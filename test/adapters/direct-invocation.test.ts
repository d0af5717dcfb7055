/** Facts that come alone go to the function itself; whatever is not handled for certain goes through the queue. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createAwsJson } from '../../lib/adapters/aws-json/caller.ts';
import { noRetries } from '../../lib/adapters/aws-json/retry-budget.ts';
import { invocationMilliseconds, withDirectInvocation } from '../../lib/adapters/sqs/direct-invocation.ts';
import { createQueues } from '../../lib/adapters/sqs/queues.ts';
import type { JobEvent, Message } from '../../lib/contract/messages.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { acme, givenEvent, small } from '../support/given.ts';
import { timersUntilFailure } from '../support/virtual-deadlines.ts';

type Answer = Readonly<Record<string, unknown>>;

const nothingFailed: Answer = { batchItemFailures: [] };
let now = 0;
let sent = 0;
let queued: Message[] = [];
let handed: { path: string; fact: JobEvent }[] = [];
let lines: { name: string; fields: object; metrics: object | undefined }[] = [];
let answer: () => Promise<Answer>;
let queues: Queues;

beforeEach(() => {
  now = 1_000_000;
  [queued, handed, lines] = [[], [], []];
  answer = async () => nothingFailed;
  queues = withDirectInvocation({
    lambda: {
      async call(path, input) {
        const [record] = (input as { Records: { messageId: string; body: string }[] }).Records;
        handed.push({ path, fact: JSON.parse(record!.body) as JobEvent });
        return answer();
      },
    },
    queues: {
      sendToLifecycle: async (message) => void queued.push(message),
      sendToTier: async () => undefined,
      sendToCompletions: async () => undefined,
    } as Partial<Queues> as Queues,
    functionName: 'test-lifecycle',
    clock: { now: () => now, sleep: async () => undefined },
    telemetry: {
      event: (_level, name, fields, metrics) => void lines.push({ name, fields, metrics }),
      count: () => undefined,
    },
  });
});

/** Each of another job. */
const fact = (delivery: string) =>
  givenEvent({ action: 'in_progress', delivery, jobId: JobId(Number.parseInt(delivery, 36)) });

/** Sends a fact so many seconds after the one before. */
async function sendAfter(seconds: number, message?: JobEvent): Promise<void> {
  now += seconds * 1000;
  sent += 1;
  await queues.sendToLifecycle(message ?? fact(`z${sent}`));
}

const givenThatFactsComeAlone = async () => {
  for (const seconds of [0, 3, 3]) await sendAfter(seconds);
  [queued, handed] = [[], []];
};

describe('facts that come alone', () => {
  it('are passed to the function directly after two of them came alone', async () => {
    for (const [n, seconds] of [0, 3, 3, 2].entries()) await sendAfter(seconds, fact(`f${n}`));
    expect(queued).toEqual([fact('f0'), fact('f1')]);
    expect(handed).toEqual([
      { path: '2015-03-31/functions/test-lifecycle/invocations', fact: fact('f2') },
      { path: '2015-03-31/functions/test-lifecycle/invocations', fact: fact('f3') },
    ]);
  });

  it('go through the queue when they come close together, and after that until two have come alone again', async () => {
    await givenThatFactsComeAlone();
    for (const [n, seconds] of [1.9, 0, 3, 3, 3].entries()) await sendAfter(seconds, fact(`f${n}`));
    expect(queued).toEqual([fact('f0'), fact('f1'), fact('f2'), fact('f3')]);
    expect(handed.map((one) => one.fact)).toEqual([fact('f4')]);
  });

  it.each([
    ['queued', () => queues.sendToTier(small, givenEvent({ jobId: JobId(1) }))],
    ['completed', () => queues.sendToCompletions(givenEvent({ jobId: JobId(1), action: 'completed' }))],
  ])('go through the queue right after another job is %s, but not after their own', async (_, send) => {
    await givenThatFactsComeAlone();
    now += 3000;
    await send();
    await sendAfter(1, fact('beside'));
    expect([queued, handed]).toEqual([[fact('beside')], []]);
    await givenThatFactsComeAlone();
    now += 3000;
    await send();
    await sendAfter(0.5, { ...fact('own'), jobId: JobId(1) });
    expect(handed).toHaveLength(1);
  });

  it('are sent by one call at a time, and after a failed one not until lifecycle must have ended', async () => {
    await givenThatFactsComeAlone();
    let fail: (error: Error) => void = () => undefined;
    answer = () => new Promise((_, reject) => (fail = reject));
    const hanging = sendAfter(3);
    await sendAfter(3);
    expect([queued.length, handed.length]).toEqual([1, 1]);
    fail(new Error('No answer in time.'));
    await hanging;
    answer = () => Promise.reject(new Error('Rate Exceeded.'));
    for (let n = 0; n < 600; n += 1) await sendAfter(3);
    // After one, two, four and eight minutes, and then after each ten.
    expect(handed.length).toBe(6);
  });

  it('leave messages that are not facts about a job to the queue', async () => {
    await givenThatFactsComeAlone();
    now += 3000;
    await queues.sendToLifecycle({ kind: 'drain-tenant', installationId: acme });
    expect([queued.length, handed.length]).toEqual([1, 0]);
  });

  it.each([
    ['reports a failure', async () => ({ batchItemFailures: [{ itemIdentifier: 'one' }] })],
    ['died or threw', async () => ({ errorType: 'Runtime.ExitError', errorMessage: 'It exited.' })],
    ['gives an unknown answer', async () => ({})],
    ['is throttled, or cannot be reached', () => Promise.reject(new Error('Rate Exceeded.'))],
  ])('go through the queue if the function %s, and so do those right after', async (_, given) => {
    await givenThatFactsComeAlone();
    answer = given as typeof answer;
    await sendAfter(3, fact('failed'));
    await sendAfter(57, fact('next'));
    expect(queued).toEqual([fact('failed'), fact('next')]);
    expect(handed).toHaveLength(1);
    await sendAfter(3, fact('later'));
    expect(handed).toHaveLength(2);
    expect(lines).toEqual([
      {
        name: 'fact-queued',
        fields: expect.objectContaining({ reason: expect.any(String) }),
        metrics: { FactsQueued: 1 },
      },
      ...lines.slice(1),
    ]);
    expect(lines).toHaveLength(2);
  });

  it('are not lost if the queue cannot be reached either: the sender gets the error', async () => {
    await givenThatFactsComeAlone();
    answer = () => Promise.reject(new Error('Rate Exceeded.'));
    const broken = withDirectInvocation({
      lambda: { call: answer },
      queues: { sendToLifecycle: () => Promise.reject(new Error('no queue')) } as Partial<Queues> as Queues,
      functionName: 'test-lifecycle',
      clock: { now: () => (now += 3000), sleep: async () => undefined },
      telemetry: { event: () => undefined, count: () => undefined },
    });
    for (let n = 0; n < 4; n += 1)
      await expect(broken.sendToLifecycle(fact(`n${n}`))).rejects.toThrow('no queue');
  });

  it('are refused within the ten seconds that GitHub waits, if neither the function nor the queue ever answers', async () => {
    let asked = 0;
    const server = createServer(() => {
      asked += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const aws = { variables: { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: url }, fraction: () => 0 };
    const bounds = { answerMilliseconds: invocationMilliseconds, budget: noRetries, isAlwaysFresh: true };
    const hanging = withDirectInvocation({
      lambda: createAwsJson({ service: 'lambda', ...bounds, ...aws }),
      queues: createQueues({
        sqs: createAwsJson({ service: 'sqs', ...aws }),
        urls: { tiers: {}, lifecycle: url },
      }),
      functionName: 'test-lifecycle',
      clock: { now: () => (now += 3_000), sleep: async () => undefined },
      telemetry: { event: () => undefined, count: () => undefined },
    });
    const waits: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const before = asked;
      const begin = () => hanging.sendToLifecycle(fact(`h${n}`));
      waits.splice(0, waits.length, ...(await timersUntilFailure(begin, (ended) => asked > before + ended)));
    }
    expect(waits).toEqual([1_500, 2_500, 2_500, 2_500]);
    // Between the attempts it pauses for 0.1 s and for 0.2 s at most.
    expect(waits.reduce((sum, wait) => sum + wait, 300)).toBeLessThan(10_000);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
