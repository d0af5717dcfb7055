/**
 * What SQS refuses to store, with its own errors: an empty or too large message, characters that XML does not allow, and
 * an invalid group id.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
import { AwsError } from '../service.ts';
import type { MessageAttributes } from './message.ts';

interface Sent {
  readonly body: string;
  readonly messageGroupId?: string | undefined;
  readonly messageAttributes?: MessageAttributes | undefined;
}

/** "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" */
const allowed = /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** "can include alphanumeric characters (a-z, A-Z, 0-9) and punctuation", at most 128. */
const groupId = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/** @throws AwsError */
export function checkMessage(sent: Sent, attributes: Readonly<Record<string, string>>): void {
  const most = Number(attributes['MaximumMessageSize']);
  if (sent.body === '') {
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  }
  if (messageBytes(sent) > most) {
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    );
  }
  if (!allowed.test(sent.body)) {
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found: the message holds characters outside of those that are allowed.',
    );
  }
  if (sent.messageGroupId !== undefined && !groupId.test(sent.messageGroupId)) {
    throw new AwsError(
      'InvalidParameterValue',
      'MessageGroupId can only include alphanumeric and punctuation characters, 1 to 128 in length.',
    );
  }
}

/** Names, types and values of attributes count like the body. */
export function messageBytes({ body, messageAttributes = {} }: Sent): number {
  const attributes = Object.entries(messageAttributes).reduce((sum, [name, value]) => {
    const { DataType = '', StringValue = '', BinaryValue = '' } = value as Record<string, string>;
    return (
      sum + [name, DataType, StringValue, BinaryValue].reduce((all, text) => all + Buffer.byteLength(text), 0)
    );
  }, 0);
  return Buffer.byteLength(body) + attributes;
}
