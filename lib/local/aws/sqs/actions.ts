/**
 * SQS's actions on the queues. Each takes the JSON input and answers with the JSON output; the query protocol is
 * translated before and after. The MD5 of message attributes is left out: no SDK for JavaScript or Python checks it.
 */
import { requireText } from '../json-answer.ts';
import { AwsError } from '../service.ts';
import { batchActions } from './batch-actions.ts';
import { type Action, type Input, optionalNumber, requireHandle, send, wholeNumber } from './input.ts';
import type { ReceivedMessage } from './message.ts';
import type { NamedQueue } from './queues.ts';

export const actions: Readonly<Record<string, Action>> = {
  CreateQueue: (input, { queues, urlOf }) => {
    const attributes = (input['Attributes'] ?? {}) as Record<string, string>;
    return { QueueUrl: urlOf(queues.create(requireText(input, 'QueueName'), attributes)) };
  },
  DeleteQueue: (input, { queues }) => {
    queues.delete(queues.find(input['QueueUrl']));
    return {};
  },
  GetQueueUrl: (input, { queues, urlOf }) => ({ QueueUrl: urlOf(queues.find(input['QueueName'])) }),
  ListQueues: (input, { queues, urlOf }) => {
    const found = queues.list((input['QueueNamePrefix'] as string | undefined) ?? '');
    return found.length === 0 ? {} : { QueueUrls: found.map(urlOf) };
  },
  PurgeQueue: (input, { queues }) => {
    queues.find(input['QueueUrl']).queue.purge();
    return {};
  },
  GetQueueAttributes: (input, { queues }) => {
    const names = (input['AttributeNames'] as string[] | undefined) ?? [];
    const all = allAttributes(queues.find(input['QueueUrl']));
    const entries = Object.entries(all).filter(([name]) => names.includes(name) || names.includes('All'));
    return entries.length === 0 ? {} : { Attributes: Object.fromEntries(entries) };
  },
  SetQueueAttributes: (input, { queues }) => {
    const target = queues.find(input['QueueUrl']);
    queues.setAttributes(target, (input['Attributes'] ?? {}) as Record<string, string>);
    return {};
  },
  SendMessage: (input, { queues, senderId }) => {
    const message = send(queues.find(input['QueueUrl']), input, senderId);
    return { MessageId: message.messageId, MD5OfMessageBody: message.md5OfBody };
  },
  ReceiveMessage: async (input, { queues }) => {
    const { queue, attributes } = queues.find(input['QueueUrl']);
    const messages = await queue.receive({
      max: wholeNumber(input, 'MaxNumberOfMessages', { least: 1, most: 10, absent: 1 }),
      visibilityTimeoutSeconds: optionalNumber(input, 'VisibilityTimeout', 43_200),
      waitSeconds:
        optionalNumber(input, 'WaitTimeSeconds', 20) ?? Number(attributes['ReceiveMessageWaitTimeSeconds']),
    });
    return messages.length === 0 ? {} : { Messages: messages.map((message) => asOutput(message, input)) };
  },
  DeleteMessage: (input, { queues }) => {
    const { queue } = queues.find(input['QueueUrl']);
    queue.delete(requireHandle(input));
    return {};
  },
  ChangeMessageVisibility: (input, { queues }) => {
    const { queue } = queues.find(input['QueueUrl']);
    const seconds = wholeNumber(input, 'VisibilityTimeout', { least: 0, most: 43_200 });
    if (queue.changeVisibility(requireHandle(input), seconds)) return {};
    throw new AwsError('MessageNotInflight', 'The message is not in flight under this receipt handle.');
  },
  /** All at once, and only to where each message came from, or to DestinationArn. */
  StartMessageMoveTask: (input, { queues }) => {
    const source = queues.find(input['SourceArn']);
    for (const message of source.queue.drain()) {
      const destination = queues.find(input['DestinationArn'] ?? message.deadLetterSourceArn);
      destination.queue.adopt(message, undefined);
    }
    return { TaskHandle: Buffer.from(source.arn).toString('base64') };
  },
  ...batchActions,
};

function allAttributes({ arn, attributes, createdAt, queue }: NamedQueue): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts();
  return {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(createdAt),
    LastModifiedTimestamp: String(createdAt),
    ...attributes,
  };
}

function asOutput(message: ReceivedMessage, input: Input) {
  const wanted = [input['MessageSystemAttributeNames'], input['AttributeNames']].flat();
  const attributes = Object.entries(message.attributes).filter(
    ([name]) => wanted.includes(name) || wanted.includes('All'),
  );
  const named = (input['MessageAttributeNames'] as string[] | undefined) ?? [];
  const own = Object.entries(message.messageAttributes).filter(
    ([name]) => named.includes(name) || named.includes('All') || named.includes('.*'),
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(attributes.length === 0 ? {} : { Attributes: Object.fromEntries(attributes) }),
    ...(own.length === 0 ? {} : { MessageAttributes: Object.fromEntries(own) }),
  };
}
