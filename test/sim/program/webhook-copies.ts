/**
 * Copies of the webhook function. GitHub's deliveries go to any of them, and each knows only what it sent itself. With some seeds
 * they call lifecycle themselves with a fact that comes alone, by the product's own code; in all others they use the queues.
 * They draw from a generator of their own, so that other seeds stay as they are.
 * Source: docs/adr/0106-single-facts-skip-the-queue.md
 */
import { invocationMilliseconds, withDirectInvocation } from '../../../lib/adapters/sqs/direct-invocation.ts';
import type { Delivery } from '../../../lib/app/common/batch.ts';
import type { JobEvent } from '../../../lib/contract/messages.ts';
import type { Queues } from '../../../lib/ports/queues.ts';
import type { Telemetry } from '../../../lib/ports/telemetry.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { EventLog } from '../event-log.ts';
import type { Faults } from '../faults.ts';
import { createRandom, type Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';

export interface WebhookCopies {
  receive(event: JobEvent): void;
  /** Calls of lifecycle that are not answered yet. */
  callsUnderWay(): number;
}

export interface WebhookCopiesDeps {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly log: EventLog;
  readonly telemetry: Telemetry;
  readonly queues: Queues;
  readonly auditor: Pick<Auditor, 'note'>;
  /** One run of lifecycle. Returns the failed messages; never settles if the run dies. */
  readonly runLifecycle: (deliveries: readonly Delivery[]) => Promise<readonly string[]>;
}

const invokesLifecycle = (seed: number) => createRandom(seed * 15_013 + 101).chance(0.3);

/** @param seed absent: all facts take the queue */
export function createWebhookCopies(deps: WebhookCopiesDeps, seed: number | undefined): WebhookCopies {
  if (seed === undefined || !invokesLifecycle(seed)) {
    return { receive: (event) => void send(deps.queues, event), callsUnderWay: () => 0 };
  }
  const random = createRandom(seed * 15_013 + 103);
  const safe = new Set<string>();
  const lambda = createLambda(deps, { random, safe });
  const copies = Array.from({ length: random.between(1, 3) }, () =>
    withDirectInvocation({
      ...{ lambda, queues: noting(deps.queues, safe), telemetry: deps.telemetry },
      functionName: 'sim-lifecycle',
      clock: { now: deps.scheduler.now, sleep: deps.scheduler.sleep },
    }),
  );
  return {
    async receive(event) {
      await send(random.pick(copies), event);
      if (!safe.has(event.delivery))
        deps.auditor.note('lost-fact', `GitHub got 202 for ${event.delivery}, but its event is lost`);
    },
    callsUnderWay: lambda.callsUnderWay,
  };
}

/** @param safe deliveries that are in a queue, or were handled */
const noting = (queues: Queues, safe: Set<string>): Queues => ({
  ...queues,
  sendToLifecycle: async (message) => {
    await queues.sendToLifecycle(message);
    if (message.kind === 'job') safe.add(message.delivery);
  },
  sendToCompletions: async (message) => {
    await queues.sendToCompletions(message);
    safe.add(message.delivery);
  },
  sendToTier: async (tier, message) => {
    await queues.sendToTier(tier, message);
    if (message.kind === 'job') safe.add(message.delivery);
  },
});

/** As lib/app/webhook does it. */
function send(queues: Queues, event: JobEvent): Promise<void> {
  if (event.action === 'queued') return queues.sendToTier(event.tier!, event);
  return event.action === 'completed' ? queues.sendToCompletions(event) : queues.sendToLifecycle(event);
}

/**
 * Lambda's Invoke. Its caller may give up while the function runs on; and an answer may be lost after all was done.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
function createLambda(
  { scheduler, faults, log, runLifecycle }: WebhookCopiesDeps,
  { random, safe }: { random: Random; safe: Set<string> },
) {
  let calls = 0;
  let underWay = 0;

  async function invoke(records: readonly { messageId: string; body: string }[]) {
    if (faults.strikes('throttled')) throw named('TooManyRequestsException');
    await scheduler.sleep(random.between(5, 50));
    const failed = await runLifecycle(records.map(({ messageId, body }) => ({ id: messageId, body })));
    for (const { messageId } of records) if (!failed.includes(messageId)) safe.add(messageId);
    await scheduler.sleep(faults.strikes('stall') ? random.between(1_000, 3_000) : random.between(5, 50));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  }

  return {
    callsUnderWay: () => underWay,
    async call(_path: string, input: object) {
      const call = ++calls;
      const { Records } = input as { Records: { messageId: string; body: string }[] };
      log.add(() => `webhook calls lifecycle, call ${call}: ${Records.map(({ body }) => body).join(' ')}`);
      const givenUp = scheduler.sleep(invocationMilliseconds).then(() => {
        throw named('TimeoutError');
      });
      underWay += 1;
      try {
        const answer = await Promise.race([invoke(Records), givenUp]);
        log.add(() => `webhook gets the answer to call ${call}: ${JSON.stringify(answer)}`);
        return answer;
      } catch (error) {
        log.add(() => `webhook gets no answer to call ${call}: ${(error as Error).name}`);
        throw error;
      } finally {
        underWay -= 1;
      }
    },
  };
}

const named = (name: string) => Object.assign(new Error(name), { name });
