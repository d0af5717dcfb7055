/** Facts that come alone go to the function itself; whatever is not handled for certain goes through the queue. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { withLoneFacts } from '../../lib/adapters/sqs/lone-facts.ts';
import type { JobEvent, Message } from '../../lib/contract/messages.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { acme, givenEvent } from '../support/given.ts';

type Answer = Readonly<Record<string, unknown>>;

const nothingFailed: Answer = { batchItemFailures: [] };
let now = 0;
let queued: Message[] = [];
let handed: { path: string; fact: JobEvent }[] = [];
let lines: { name: string; fields: object }[] = [];
let answer: () => Promise<Answer>;
let queues: Queues;

beforeEach(() => {
  now = 1_000_000;
  [queued, handed, lines] = [[], [], []];
  answer = async () => nothingFailed;
  queues = withLoneFacts({
    lambda: {
      async call(path, input) {
        const [record] = (input as { Records: { messageId: string; body: string }[] }).Records;
        handed.push({ path, fact: JSON.parse(record!.body) as JobEvent });
        return answer();
      },
    },
    queues: { sendToLifecycle: async (message) => void queued.push(message) } as Partial<Queues> as Queues,
    functionName: 'test-lifecycle',
    clock: { now: () => now, sleep: async () => undefined },
    telemetry: {
      event: (_level, name, fields) => void lines.push({ name, fields }),
      count: () => undefined,
    },
  });
});

const fact = (delivery: string) => givenEvent({ action: 'in_progress', delivery });

/** Sends a fact so many seconds after the one before. */
async function sendAfter(seconds: number, message: JobEvent = fact('one')): Promise<void> {
  now += seconds * 1000;
  await queues.sendToLifecycle(message);
}

const givenThatFactsComeAlone = async () => {
  for (const seconds of [0, 3, 3]) await sendAfter(seconds);
  [queued, handed] = [[], []];
};

describe('facts that come alone', () => {
  it('are handed to the function once two of them had nobody beside them', async () => {
    for (const [n, seconds] of [0, 3, 3, 2].entries()) await sendAfter(seconds, fact(`f${n}`));
    expect(queued).toEqual([fact('f0'), fact('f1')]);
    expect(handed).toEqual([
      { path: '2015-03-31/functions/test-lifecycle/invocations', fact: fact('f2') },
      { path: '2015-03-31/functions/test-lifecycle/invocations', fact: fact('f3') },
    ]);
  });

  it('take the queue when they come close to each other, and after that until two have been alone again', async () => {
    await givenThatFactsComeAlone();
    for (const [n, seconds] of [1.9, 0, 3, 3].entries()) await sendAfter(seconds, fact(`f${n}`));
    expect(queued).toEqual([fact('f0'), fact('f1'), fact('f2')]);
    expect(handed.map((one) => one.fact)).toEqual([fact('f3')]);
  });

  it('leave what is no fact about a job to the queue', async () => {
    await givenThatFactsComeAlone();
    now += 3000;
    await queues.sendToLifecycle({ kind: 'drain-tenant', installationId: acme });
    expect([queued.length, handed.length]).toEqual([1, 0]);
  });

  it.each([
    ['says that it failed', async () => ({ batchItemFailures: [{ itemIdentifier: 'one' }] })],
    ['died or threw', async () => ({ errorType: 'Runtime.ExitError', errorMessage: 'It exited.' })],
    ['answers what nobody knows', async () => ({})],
    ['is throttled, or cannot be reached', () => Promise.reject(new Error('Rate Exceeded.'))],
  ])('go through the queue where the function %s, and so do those right after', async (_, given) => {
    await givenThatFactsComeAlone();
    answer = given as typeof answer;
    await sendAfter(3, fact('failed'));
    await sendAfter(3, fact('next'));
    expect(queued).toEqual([fact('failed'), fact('next')]);
    expect(handed).toHaveLength(1);
    expect(lines).toEqual([
      { name: 'fact-queued', fields: expect.objectContaining({ reason: expect.any(String) }) },
    ]);
  });

  it('are lost to nobody where the queue cannot be reached either: the sender hears of it', async () => {
    await givenThatFactsComeAlone();
    answer = () => Promise.reject(new Error('Rate Exceeded.'));
    const broken = withLoneFacts({
      lambda: { call: answer },
      queues: { sendToLifecycle: () => Promise.reject(new Error('no queue')) } as Partial<Queues> as Queues,
      functionName: 'test-lifecycle',
      clock: { now: () => (now += 3000), sleep: async () => undefined },
      telemetry: { event: () => undefined, count: () => undefined },
    });
    for (let n = 0; n < 4; n += 1)
      await expect(broken.sendToLifecycle(fact('one'))).rejects.toThrow('no queue');
  });
});
