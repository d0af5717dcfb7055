/**
 * What an event source mapping passes to a function, and how it reads the answer, as pure functions.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import { createHash } from 'node:crypto';
import type { InvokeResult } from './function-host.ts';

/** A message as a queue returns it. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes?: Readonly<Record<string, unknown>>;
}

export function sqsEvent(messages: readonly ReceivedMessage[], from: { queueArn: string; region: string }) {
  return {
    Records: messages.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: message.attributes,
      messageAttributes: message.messageAttributes ?? {},
      md5OfBody: createHash('md5').update(message.body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: from.queueArn,
      awsRegion: from.region,
    })),
  };
}

/** The completed messages: all of them or none, except for partial answers, which name the failed ones. */
export function succeeded(
  messages: readonly ReceivedMessage[],
  result: InvokeResult,
  reportsItemFailures: boolean,
): readonly ReceivedMessage[] {
  if ('error' in result) return [];
  if (!reportsItemFailures) return messages;
  const failed = failedIds(result.payload);
  if (!failed?.every((id) => messages.some(({ messageId }) => messageId === id))) return [];
  return messages.filter(({ messageId }) => !failed.includes(messageId));
}

/** undefined: Lambda does not accept the answer's shape, so the whole batch failed. */
function failedIds(payload: unknown): string[] | undefined {
  if (payload === null) return [];
  if (typeof payload !== 'object') return undefined;
  const failures = (payload as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined || failures === null) return [];
  if (!Array.isArray(failures)) return undefined;
  const ids = failures.map((failure) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  return ids.every((id) => typeof id === 'string' && id !== '') ? (ids as string[]) : undefined;
}
