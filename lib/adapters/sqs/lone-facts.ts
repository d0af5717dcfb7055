/**
 * Hands facts that come one at a time to the function lifecycle at once, instead of through its queue: the three requests of
 * a message to SQS, its send, its receive and its deletion, cost more than all the work that it causes. Facts that come close to each
 * other take the queue, where they gather into batches.
 *
 * A send that returns is as durable as before: the function has written everything down, or the message is in the queue. Where
 * nobody knows what the function did, the message goes there too, and is a repeated one, as any message may be.
 */
import type { DrainTenant, JobEvent, Poke } from '../../contract/messages.ts';
import type { JobId } from '../../core/ids.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** How long an answer is waited for: with the send that follows where it fails, it ends before GitHub gives up, after 10 s. */
export const handedOverMilliseconds = 1_500;

export interface LoneFactsDeps {
  /** Without retries: the queue is there for what fails. */
  readonly lambda: AwsJson;
  readonly queues: Queues;
  /** Of lifecycle, as deployed. */
  readonly functionName: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Facts that are closer than this would share a batch, which waits for a second to fill. */
const apartMilliseconds = 2_000;
/** So many lone facts in a row take the queue first: the first facts of a burst come after a quiet time, too. */
const lonesBefore = 2;
/**
 * After a call that did not certainly succeed, all facts take the queue for this long, twice as long after each further one.
 * Longer than lifecycle's timeout: a call that was given up may still run there, and a process waits for one at a time.
 */
const pauseMilliseconds = { first: 60_000, longest: 600_000 };

export function withLoneFacts(deps: LoneFactsDeps): Queues {
  const { queues, clock } = deps;
  const company = watchCompany();
  let lones = 0;
  let pause = pauseMilliseconds.first;
  let closedUntil = 0;

  async function isHandled(fact: JobEvent): Promise<boolean> {
    // Until the answer is there, further facts take the queue.
    closedUntil = Number.POSITIVE_INFINITY;
    const isDone = await handOver(deps, fact);
    closedUntil = isDone ? 0 : clock.now() + pause;
    pause = isDone ? pauseMilliseconds.first : Math.min(2 * pause, pauseMilliseconds.longest);
    return isDone;
  }

  return {
    ...queues,
    sendToTier(tier, message, options) {
      company.note(message, clock.now());
      return queues.sendToTier(tier, message, options);
    },
    sendToCompletions(message) {
      company.note(message, clock.now());
      return queues.sendToCompletions(message);
    },
    async sendToLifecycle(message) {
      const now = clock.now();
      lones = company.note(message, now) <= now - apartMilliseconds ? lones + 1 : 0;
      const isLone = message.kind === 'job' && lones > lonesBefore && now >= closedUntil;
      if (isLone && (await isHandled(message))) return;
      await queues.sendToLifecycle(message);
    },
  };
}

/** Remembers when this process last sent something about another job. Where it sends much, there are batches to share. */
function watchCompany() {
  let last: { readonly jobId: JobId | undefined; readonly at: number } | undefined;
  let otherAt = Number.NEGATIVE_INFINITY;
  return {
    /** @returns when the last message about another job was sent; epoch milliseconds */
    note(message: JobEvent | Poke | DrainTenant, at: number): number {
      const jobId = message.kind === 'job' ? message.jobId : undefined;
      if (last && (jobId === undefined || last.jobId !== jobId)) otherAt = last.at;
      last = { jobId, at };
      return otherAt;
    },
  };
}

/** The event is what the queue would make of the message, and so is the answer: it names the messages that failed. */
async function handOver(
  { lambda, functionName, telemetry }: LoneFactsDeps,
  fact: JobEvent,
): Promise<boolean> {
  const messageId = fact.delivery;
  const about = { functionName, installationId: fact.installationId, jobId: fact.jobId };
  const refused = (reason: unknown) =>
    telemetry.event('warn', 'fact-queued', { ...about, reason }, { FactsQueued: 1 });
  try {
    const path = `2015-03-31/functions/${functionName}/invocations`;
    const answer = await lambda.call(path, { Records: [{ messageId, body: JSON.stringify(fact) }] });
    // A function that died or threw has no such list.
    const { batchItemFailures: failed, errorType } = answer;
    if (Array.isArray(failed) && failed.length === 0) return true;
    refused(errorType ?? 'not handled');
  } catch (error) {
    refused((error as Error).name);
  }
  return false;
}
