/**
 * Hands facts that come one at a time to the function lifecycle at once, instead of through its queue: the three requests of
 * a message to SQS, its send, its receive and its deletion, cost more than all the work that it causes. Facts that come close to each
 * other take the queue, where they gather into batches.
 *
 * A send that returns is as durable as before: the function has written everything down, or the message is in the queue. Where
 * nobody knows what the function did, the message goes there too, and is a repeated one, as any message may be.
 */
import type { JobEvent } from '../../contract/messages.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

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
/** So many gaps in a row: the first facts of a burst come after a quiet time, too. */
const gapsBefore = 2;

export function withLoneFacts(deps: LoneFactsDeps): Queues {
  const { queues, clock } = deps;
  let lastAt: number | undefined;
  let gaps = 0;
  return {
    ...queues,
    async sendToLifecycle(message) {
      const now = clock.now();
      gaps = lastAt !== undefined && now - lastAt >= apartMilliseconds ? gaps + 1 : 0;
      lastAt = now;
      if (message.kind === 'job' && gaps >= gapsBefore) {
        if (await isHandled(deps, message)) return;
        // Whatever failed may take a while to pass.
        gaps = 0;
      }
      await queues.sendToLifecycle(message);
    },
  };
}

/** The event is what the queue would make of the message, and so is the answer: it names the messages that failed. */
async function isHandled(
  { lambda, functionName, telemetry }: LoneFactsDeps,
  fact: JobEvent,
): Promise<boolean> {
  const messageId = fact.delivery;
  const about = { functionName, installationId: fact.installationId, jobId: fact.jobId };
  try {
    const path = `2015-03-31/functions/${functionName}/invocations`;
    const answer = await lambda.call(path, { Records: [{ messageId, body: JSON.stringify(fact) }] });
    // A function that died or threw has no such list.
    const { batchItemFailures: failed, errorType } = answer;
    if (Array.isArray(failed) && failed.length === 0) return true;
    telemetry.event('warn', 'fact-queued', { ...about, reason: errorType ?? 'not handled' });
  } catch (error) {
    telemetry.event('warn', 'fact-queued', { ...about, reason: (error as Error).name });
  }
  return false;
}
