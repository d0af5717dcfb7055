/**
 * A Lambda function behind SQS with partial batch responses: it hands the batch to a use case and tells SQS which
 * messages to deliver again. Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import type { Delivery } from '../../lib/app/common/batch.ts';

export interface QueueEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** @param handle answers with the ids of the messages that failed */
export function queueHandler(handle: (deliveries: readonly Delivery[]) => Promise<readonly string[]>) {
  return async ({ Records }: QueueEvent): Promise<BatchResponse> => {
    const failed = await handle(Records.map(({ messageId, body }) => ({ id: messageId, body })));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
