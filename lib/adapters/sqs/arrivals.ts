/**
 * A tier's queue on SQS, as the function takes from it that also has it as its event source: in the same way as Lambda's
 * poller, with the same permissions. A short poll asks some of SQS's servers only, and may find nothing where there is
 * something; that is then left to the poller.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 */
import type { TierName } from '../../core/ids.ts';
import type { Arrival, Arrivals } from '../../ports/arrivals.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import { OperationalError } from '../../ports/errors.ts';
import { operationalError } from './errors.ts';

interface ReceivedMessage {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiptHandle: string;
}

/** SQS's own bound. */
const mostMessages = 10;

/** @param tierUrls by the tier's name */
export function createArrivals(deps: { sqs: AwsJson; tierUrls: Readonly<Record<string, string>> }): Arrivals {
  const { sqs, tierUrls } = deps;
  async function call(tier: TierName, action: string, input: object) {
    const QueueUrl = Object.hasOwn(tierUrls, tier) ? tierUrls[tier] : undefined;
    if (!QueueUrl) {
      const known = Object.keys(tierUrls).join(', ');
      throw new OperationalError(
        `This function works on no queue of tier ${tier}; its tiers are: ${known}.`,
        {
          code: 'UnknownQueue',
          retryable: false,
        },
      );
    }
    try {
      return await sqs.call(action, { QueueUrl, ...input });
    } catch (error) {
      throw operationalError(error, `tier ${tier}`);
    }
  }
  return {
    async take(tier) {
      const wanted = { MaxNumberOfMessages: mostMessages, WaitTimeSeconds: 0 };
      const { Messages = [] } = (await call(tier, 'ReceiveMessage', wanted)) as {
        Messages?: readonly ReceivedMessage[];
      };
      return Messages.map(({ MessageId, Body, ReceiptHandle }) => ({
        id: MessageId,
        body: Body,
        receipt: ReceiptHandle,
      }));
    },
    async done(tier, arrivals) {
      if (arrivals.length === 0) return;
      const Entries = arrivals.map(({ receipt }: Arrival, n) => ({ Id: String(n), ReceiptHandle: receipt }));
      const { Failed = [] } = (await call(tier, 'DeleteMessageBatch', { Entries })) as {
        Failed?: readonly { readonly Code?: string; readonly Message?: string }[];
      };
      const [first] = Failed;
      if (first) {
        const { Code: code = 'Unknown', Message: message = '' } = first;
        throw new OperationalError(
          `${Failed.length} messages of tier ${tier} were not deleted: ${code}: ${message}`,
          {
            code,
            retryable: true,
          },
        );
      }
    },
  };
}
