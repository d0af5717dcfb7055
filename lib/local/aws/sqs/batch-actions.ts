/** SQS's batch actions: each entry succeeds or fails by itself; only a malformed batch fails as a whole. */
import { AwsError } from '../service.ts';
import { messageBytes } from './check-message.ts';
import { type Action, type Input, requireHandle, send, wholeNumber } from './input.ts';
import type { MessageAttributes } from './message.ts';

const sentOf = (entry: Input) => ({
  body: String(entry['MessageBody']),
  messageAttributes: entry['MessageAttributes'] as MessageAttributes | undefined,
});

type Entry = Input & { readonly Id: string };

const mostEntries = 10;
const mostBytes = 1_048_576;

export const batchActions: Readonly<Record<string, Action>> = {
  SendMessageBatch: (input, { queues, senderId }) => {
    const target = queues.find(input['QueueUrl']);
    const entries = entriesOf(input);
    const bytes = entries.reduce((sum, entry) => sum + messageBytes(sentOf(entry)), 0);
    if (bytes > mostBytes) {
      throw new AwsError(
        'BatchRequestTooLong',
        `The batch has ${bytes} bytes; at most ${mostBytes} are allowed.`,
      );
    }
    return forEach(entries, (entry) => {
      const message = send(target, entry, senderId);
      return { MessageId: message.messageId, MD5OfMessageBody: message.md5OfBody };
    });
  },
  DeleteMessageBatch: (input, { queues }) => {
    const { queue } = queues.find(input['QueueUrl']);
    return forEach(entriesOf(input), (entry) => {
      queue.delete(requireHandle(entry));
      return {};
    });
  },
  ChangeMessageVisibilityBatch: (input, { queues }) => {
    const { queue } = queues.find(input['QueueUrl']);
    return forEach(entriesOf(input), (entry) => {
      const seconds = wholeNumber(entry, 'VisibilityTimeout', { least: 0, most: 43_200 });
      if (queue.changeVisibility(requireHandle(entry), seconds)) return {};
      throw new AwsError('MessageNotInflight', 'The message is not in flight under this receipt handle.');
    });
  },
};

function forEach(entries: readonly Entry[], act: (entry: Entry) => object) {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  }
  return Failed.length === 0 ? { Successful } : { Successful, Failed };
}

function entriesOf(input: Input): readonly Entry[] {
  const entries = (input['Entries'] ?? []) as readonly Entry[];
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'The batch has no entries.');
  if (entries.length > mostEntries) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `The batch has ${entries.length} entries; at most ${mostEntries} are allowed.`,
    );
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two entries of the batch have the same Id.');
  }
  return entries;
}
