/**
 * What SQS's actions share: how they read their input, with SQS's own errors for invalid values, and the one way to send
 * a message.
 */
import { requireText } from '../json-answer.ts';
import { AwsError } from '../service.ts';
import { checkMessage } from './check-message.ts';
import { type MessageAttributes, messageIdOf } from './message.ts';
import type { NamedQueue, Queues } from './queues.ts';

export type Input = Readonly<Record<string, unknown>>;

export interface ActionContext {
  readonly queues: Queues;
  readonly senderId: string;
  readonly urlOf: (queue: NamedQueue) => string;
}

export type Action = (input: Input, context: ActionContext) => object | Promise<object>;

export function send(target: NamedQueue, input: Input, senderId: string) {
  const body = requireText(input, 'MessageBody');
  const messageGroupId = input['MessageGroupId'] as string | undefined;
  const messageAttributes = input['MessageAttributes'] as MessageAttributes | undefined;
  checkMessage({ body, messageGroupId, messageAttributes }, target.attributes);
  return target.queue.send({
    body,
    senderId,
    messageGroupId,
    messageAttributes,
    delaySeconds: optionalNumber(input, 'DelaySeconds', 900),
  });
}

export function requireHandle(input: Input): string {
  const handle = requireText(input, 'ReceiptHandle');
  if (messageIdOf(handle) !== undefined) return handle;
  throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid one.`);
}

export function wholeNumber(
  input: Input,
  field: string,
  { least, most, absent }: { least: number; most: number; absent?: number },
): number {
  const value = input[field] ?? absent;
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number;
  }
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${JSON.stringify(value)} for parameter ${field} is invalid. Reason: Must be from ${least} to ${most}.`,
  );
}

export const optionalNumber = (input: Input, field: string, most: number) =>
  input[field] === undefined ? undefined : wholeNumber(input, field, { least: 0, most });
