/** A message as its queue stores it, and as a receiver gets it. */
import { hash } from 'node:crypto';

/** As the SDK sends and receives them: `{ DataType, StringValue }`. Stored, never read. */
export type MessageAttributes = Readonly<Record<string, unknown>>;

export interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly messageAttributes: MessageAttributes;
  readonly messageGroupId: string | undefined;
  readonly senderId: string;
  /** Epoch milliseconds. A dead letter keeps its own. */
  readonly sentAt: number;
  /** Its position in its queue. */
  readonly sequence: number;
  /** Of a dead letter: the queue that it comes from. */
  readonly deadLetterSourceArn: string | undefined;
  state: 'delayed' | 'ready' | 'inFlight';
  receiveCount: number;
  firstReceivedAt: number | undefined;
  /** Ends the delay or the invisibility. */
  timer: NodeJS.Timeout | undefined;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** SQS's own: SentTimestamp, ApproximateReceiveCount, MessageGroupId, … */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: MessageAttributes;
}

export const md5 = (text: string) => hash('md5', text);

export function asReceived(message: Message): ReceivedMessage {
  const { messageGroupId, deadLetterSourceArn } = message;
  return {
    messageId: message.messageId,
    receiptHandle: receiptHandle(message),
    body: message.body,
    md5OfBody: message.md5OfBody,
    attributes: {
      SenderId: message.senderId,
      SentTimestamp: String(message.sentAt),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
      ...(messageGroupId === undefined ? {} : { MessageGroupId: messageGroupId }),
      ...(deadLetterSourceArn === undefined ? {} : { DeadLetterQueueSourceArn: deadLetterSourceArn }),
    },
    messageAttributes: message.messageAttributes,
  };
}

/** Valid for one receive: the next one has another. */
export const receiptHandle = ({ messageId, receiveCount }: Message) => `${messageId}.${receiveCount}`;

/** Undefined if it is not a receipt handle. */
export function messageIdOf(handle: string): string | undefined {
  return /^([0-9a-f-]{36})\.\d+$/.exec(handle)?.[1];
}
