/**
 * An SQS queue from which the function takes messages itself, in addition to having it as an event source: in the same
 * way as Lambda's poller, with the same permissions. A short poll asks only some of SQS's servers, and may miss messages;
 * those are then left to the poller.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 */
import type { TierName } from '../../core/ids.ts';
import type { Arrival, Arrivals, QueueArrivals } from '../../ports/arrivals.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import { OperationalError } from '../../ports/errors.ts';
import { operationalError } from './errors.ts';

interface ReceivedMessage {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiptHandle: string;
}

/** SQS's own limit. */
const mostMessages = 10;

/** @param queue.name used in error messages */
export function createQueueArrivals({
  sqs,
  queue: { name, url },
}: {
  readonly sqs: AwsJson;
  readonly queue: { readonly name: string; readonly url: string };
}): QueueArrivals {
  async function call(action: string, input: object) {
    try {
      return await sqs.call(action, { QueueUrl: url, ...input });
    } catch (error) {
      throw operationalError(error, name);
    }
  }
  return {
    async take() {
      const wanted = { MaxNumberOfMessages: mostMessages, WaitTimeSeconds: 0 };
      const { Messages = [] } = (await call('ReceiveMessage', wanted)) as {
        Messages?: readonly ReceivedMessage[];
      };
      return Messages.map(({ MessageId, Body, ReceiptHandle }) => ({
        id: MessageId,
        body: Body,
        receipt: ReceiptHandle,
      }));
    },
    async done(arrivals) {
      if (arrivals.length === 0) return;
      const Entries = arrivals.map(({ receipt }: Arrival, n) => ({ Id: String(n), ReceiptHandle: receipt }));
      const { Failed = [] } = (await call('DeleteMessageBatch', { Entries })) as {
        Failed?: readonly { readonly Code?: string; readonly Message?: string }[];
      };
      const [first] = Failed;
      if (!first) return;
      const { Code: code = 'Unknown', Message: message = '' } = first;
      throw new OperationalError(
        `${Failed.length} messages of ${name} were not deleted: ${code}: ${message}`,
        {
          code,
          retryable: true,
        },
      );
    },
  };
}

/** @param tierUrls by the tier's name */
export function createArrivals(deps: {
  readonly sqs: AwsJson;
  readonly tierUrls: Readonly<Record<string, string>>;
}): Arrivals {
  const { sqs, tierUrls } = deps;
  const queueOf = (tier: TierName): QueueArrivals => {
    const url = Object.hasOwn(tierUrls, tier) ? tierUrls[tier] : undefined;
    if (url) return createQueueArrivals({ sqs, queue: { name: `tier ${tier}`, url } });
    const known = Object.keys(tierUrls).join(', ');
    throw new OperationalError(`This function works on no queue of tier ${tier}; its tiers are: ${known}.`, {
      code: 'UnknownQueue',
      retryable: false,
    });
  };
  return {
    take: async (tier) => queueOf(tier).take(),
    done: async (tier, arrivals) => queueOf(tier).done(arrivals),
  };
}
