/**
 * What one run of the admission function does: it asks about the jobs of the batch that it was given, and while it
 * waits for controllers, it receives further messages from the same queue. So controllers that hang do not block a
 * copy for other tenants: each tenant has some places in a run. Messages that are still in line when the run must
 * end go back to the queue.
 */
import { MalformedMessage, parseMessage } from '../../contract/messages.ts';
import { chunksOf } from '../../core/chunks.ts';
import type { Arrival, QueueArrivals } from '../../ports/arrivals.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Delivery } from '../common/batch.ts';
import {
  askingBounds,
  lookForQuestionsMilliseconds,
  mostQuestionsHeld,
  takesQuestionsWithinMilliseconds,
} from '../common/settings.ts';
import { type AskDeps, askControllers } from './ask-controllers.ts';
import { type AskingLines, createAskingLines } from './asking-lines.ts';

export interface AskArrivalsDeps extends AskDeps {
  readonly arrivals: QueueArrivals;
}

/** SQS's own limit for one call. */
const fullBatch = 10;

/** While the queue is full. */
const mostCallsAtOnce = 8;

type Message = Delivery | Arrival;

/** @returns the ids of those messages that it was given that must be delivered again */
export async function askArrivals(deps: AskArrivalsDeps, deliveries: readonly Delivery[]): Promise<string[]> {
  const endsAt = deps.clock.now() + takesQuestionsWithinMilliseconds;
  const lines = createAskingLines<Message>(askingBounds, async (message) => {
    const failed = await askControllers(deps, [message]);
    return failed.length > 0;
  });
  const failed: string[] = [];
  for (const delivery of deliveries)
    lines.add(delivery, (hasFailed) => hasFailed && failed.push(delivery.id));
  const taking = createTaking(deps, lines);
  // There is usually more behind a full batch.
  if (deliveries.length >= fullBatch) await taking.take();
  for (;;) {
    await Promise.race([lines.idle(), deps.clock.sleep(lookForQuestionsMilliseconds)]);
    await taking.letGo();
    if (lines.held() === 0) return failed;
    if (deps.clock.now() >= endsAt) break;
    await taking.take();
  }
  const left = lines.close();
  await taking.putBack(left.filter(isArrival));
  await lines.idle();
  await taking.letGo();
  return [...failed, ...left.filter((message) => !isArrival(message)).map(({ id }) => id)];
}

const isArrival = (message: Message): message is Arrival => 'receipt' in message;

/** A message that cannot be received, put back or deleted is delivered again, as any message may be. */
function createTaking(deps: AskArrivalsDeps, lines: AskingLines<Message>) {
  let handled: Arrival[] = [];
  async function attempt(work: () => Promise<void>) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof OperationalError || error instanceof MalformedMessage)) throw error;
      deps.telemetry.event('warn', 'queue-failed', { queue: 'admission', error: error.message });
    }
  }
  const deleteAll = async (arrivals: readonly Arrival[]) => {
    for (const some of chunksOf(arrivals, fullBatch)) await attempt(() => deps.arrivals.done(some));
  };
  return {
    take: () =>
      attempt(async () => {
        let calls = 1;
        while (lines.held() < mostQuestionsHeld) {
          const batches = await Promise.all(Array.from({ length: calls }, () => deps.arrivals.take()));
          for (const arrival of batches.flat())
            lines.add(arrival, (hasFailed) => void (hasFailed || handled.push(arrival)));
          if (batches.some(({ length }) => length < fullBatch)) return;
          // However long one tenant's backlog is, the messages of others are behind it.
          calls = Math.min(2 * calls, mostCallsAtOnce);
        }
      }),
    /** Deletes what was handled. */
    async letGo() {
      const done = handled;
      handled = [];
      await deleteAll(done);
    },
    /** As new messages: the received ones would stay invisible for as long as a run may last. */
    async putBack(left: readonly Arrival[]) {
      for (const some of chunksOf(left, fullBatch)) {
        await attempt(async () => {
          await Promise.all(some.map((arrival) => sendAgain(deps, arrival)));
          await deps.arrivals.done(some);
        });
      }
    },
  };
}

async function sendAgain({ queues }: AskArrivalsDeps, { body }: Arrival): Promise<void> {
  const message = parseMessage(body);
  if (message.kind === 'admission') await queues.sendToAdmission(message);
}
