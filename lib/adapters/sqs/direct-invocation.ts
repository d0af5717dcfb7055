/**
 * Invokes lifecycle directly with a fact that arrives on its own, instead of through its queue: a message takes three SQS
 * requests (send, receive, delete), which cost more than handling it. Facts that arrive close together go through the queue,
 * which gathers them into batches.
 *
 * When a send returns, the fact is durable: lifecycle has written it down, or it is in the queue. If the outcome of an
 * invocation is unknown, the fact also goes to the queue; consumers expect duplicates.
 */
import type { DrainTenant, FoundInstanceEvent, JobEvent, Poke } from '../../contract/messages.ts';
import type { JobId } from '../../core/ids.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** Timeout of an invocation. With the send to the queue after a failure, it stays below GitHub's own timeout of 10 s. */
export const invocationMilliseconds = 1_500;

export interface DirectInvocationDeps {
  /** Must not retry: after a failure, the fact goes to the queue. */
  readonly lambda: AwsJson;
  readonly queues: Queues;
  /** The deployed name of lifecycle. */
  readonly functionName: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Facts closer together than this may share a batch, which waits up to a second to fill. */
const apartMilliseconds = 2_000;
/** This many single facts in a row go through the queue first, because a burst also begins after a quiet time. */
const aloneBefore = 2;
/**
 * After an invocation that failed, or whose outcome is unknown, all facts go through the queue for this long; twice as long
 * after each further one. It is longer than lifecycle's timeout: an abandoned invocation may still be running, and each
 * process makes one at a time.
 */
const pauseMilliseconds = { first: 60_000, longest: 600_000 };

export function withDirectInvocation(deps: DirectInvocationDeps): Queues {
  const { queues, clock } = deps;
  const others = watchOthers();
  let alone = 0;
  let pause = pauseMilliseconds.first;
  let closedUntil = 0;

  async function isHandled(fact: JobEvent): Promise<boolean> {
    // Until it returns, further facts go through the queue.
    closedUntil = Number.POSITIVE_INFINITY;
    const isDone = await invoke(deps, fact);
    closedUntil = isDone ? 0 : clock.now() + pause;
    pause = isDone ? pauseMilliseconds.first : Math.min(2 * pause, pauseMilliseconds.longest);
    return isDone;
  }

  return {
    ...queues,
    sendToTier(tier, message, options) {
      others.note(message, clock.now());
      return queues.sendToTier(tier, message, options);
    },
    sendToCompletions(message) {
      others.note(message, clock.now());
      return queues.sendToCompletions(message);
    },
    async sendToLifecycle(message) {
      const now = clock.now();
      alone = others.note(message, now) <= now - apartMilliseconds ? alone + 1 : 0;
      const isAlone = message.kind === 'job' && alone > aloneBefore && now >= closedUntil;
      if (isAlone && (await isHandled(message))) return;
      await queues.sendToLifecycle(message);
    },
  };
}

/** Remembers when this process last sent a message about another job: if it sends many, they share batches. */
function watchOthers() {
  let last: { readonly jobId: JobId | undefined; readonly at: number } | undefined;
  let otherAt = Number.NEGATIVE_INFINITY;
  return {
    /** @returns when the last message about another job was sent; epoch milliseconds */
    note(message: JobEvent | Poke | FoundInstanceEvent | DrainTenant, at: number): number {
      const jobId = message.kind === 'job' ? message.jobId : undefined;
      if (last && (jobId === undefined || last.jobId !== jobId)) otherAt = last.at;
      last = { jobId, at };
      return otherAt;
    },
  };
}

/** Request and response have the form of an SQS event source: a batch, and the messages of it that failed. */
async function invoke(
  { lambda, functionName, telemetry }: DirectInvocationDeps,
  fact: JobEvent,
): Promise<boolean> {
  const messageId = fact.delivery;
  const about = { functionName, installationId: fact.installationId, jobId: fact.jobId };
  const refused = (reason: unknown) =>
    telemetry.event('warn', 'fact-queued', { ...about, reason }, { FactsQueued: 1 });
  try {
    const path = `2015-03-31/functions/${functionName}/invocations`;
    const answer = await lambda.call(path, { Records: [{ messageId, body: JSON.stringify(fact) }] });
    // The response has no such list if the function crashed or threw.
    const { batchItemFailures: failed, errorType } = answer;
    if (Array.isArray(failed) && failed.length === 0) return true;
    refused(errorType ?? 'not handled');
  } catch (error) {
    refused((error as Error).name);
  }
  return false;
}
