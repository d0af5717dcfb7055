/**
 * `mayfly dead-letters`: messages that failed for an hour, what each is about, whether it still matters, and where its
 * errors are logged. With --send-back a queue's messages return to it. Reading changes nothing: each message becomes
 * visible again at once.
 */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { assertConfig } from '../config/check-config.ts';
import { MalformedMessage, type Message, parseMessage } from '../contract/messages.ts';
import { tierQueueOf } from '../contract/queue-name.ts';
import { sharedQueueWorkers } from '../contract/resource-names.ts';
import { tables } from '../contract/tables.ts';
import { dynamoClient } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from './command.ts';
import { outlines } from './outlines.ts';
import { printableLine } from './printable.ts';
import { sqsClient } from './sqs-client.ts';

export const deadLetters: Command = {
  ...outlines['dead-letters'],
  details: `
Examples:
  mayfly dead-letters                                 lists at most 100 messages per queue
  mayfly dead-letters --send-back my-saas-lifecycle   moves the dead letters of this queue back to it

Fix the cause first: a message that fails again returns to the dead-letter queue after another hour. No job is
lost meanwhile, because the sweep and the reconciler work from the tables.
`,
  exitOne: 'there are dead letters',
  options: [
    jsonOption,
    { flags: '--send-back <queue>', description: 'move the dead letters of this queue back to it' },
  ],
  async run(call) {
    const queue = call.options['sendBack'];
    if (typeof queue === 'string') return sendBack(call, queue);
    const letters: Letter[] = [];
    for (const { name, worker } of workQueues(call)) {
      const found = await peek(sqsClient(call), `${name}${suffix}`);
      for (const message of found) letters.push(await explain(call, { queue: name, worker, ...message }));
    }
    call.io.out(call.options['json'] ? `${JSON.stringify(letters)}\n` : render(letters));
    return letters.length === 0 ? 0 : 1;
  },
};

export interface Letter {
  /** Its original queue. */
  readonly queue: string;
  readonly messageId: string;
  readonly ageMinutes: number;
  /** What it is about. */
  readonly what: string;
  /** Why it failed, as far as the message and the tables show. */
  readonly why: string;
  /** An AWS CLI command that prints the log lines that mention it. */
  readonly log: string;
}

const suffix = '-dead-letters';
const mostPerQueue = 100;
/** Long enough to read all of a queue's messages; they become visible again right afterwards. */
const lookSeconds = 30;

function workQueues({ config }: CommandCall): { name: string; worker: string }[] {
  const { environment, tiers } = assertConfig(config).deployment;
  return [
    ...tiers.map((tier) => ({ name: tierQueueOf(environment, tier.name), worker: 'scale-up' })),
    ...Object.entries(sharedQueueWorkers).map(([name, worker]) => ({
      name: `${environment}-${name}`,
      worker,
    })),
  ];
}

/** Dead letters about this job. Reads at most 100 of each queue, all queues at once. */
export async function deadLettersAbout(
  call: CommandCall,
  jobId: number,
): Promise<{ queue: string; ageMinutes: number }[]> {
  const client = sqsClient(call);
  const found = await Promise.all(
    workQueues(call).map(async ({ name }) => {
      const letters = await peek(client, `${name}${suffix}`);
      return letters
        .filter(({ body }) => jobOf(body) === jobId)
        .map(({ sentAt }) => ({ queue: name, ageMinutes: minutesSince(sentAt) }));
    }),
  );
  return found.flat();
}

/** Undefined: it is about something else, or cannot be parsed. */
function jobOf(body: string): number | undefined {
  try {
    const message = parseMessage(body);
    return message.kind === 'job' ? message.jobId : undefined;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

const minutesSince = (time: number) => Math.floor((Date.now() - time) / 60_000);

interface Peeked {
  readonly messageId: string;
  readonly body: string;
  readonly sentAt: number;
}

async function peek(client: SQSClient, queueName: string): Promise<Peeked[]> {
  const QueueUrl = await queueUrl(client, queueName);
  const found = new Map<string, Peeked>();
  const handles: string[] = [];
  while (found.size < mostPerQueue) {
    const request = {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: lookSeconds,
      MessageSystemAttributeNames: ['SentTimestamp' as const],
    };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(request));
    if (Messages.length === 0) break;
    for (const { MessageId = '', Body = '', Attributes, ReceiptHandle } of Messages) {
      found.set(MessageId, { messageId: MessageId, body: Body, sentAt: Number(Attributes?.SentTimestamp) });
      if (ReceiptHandle) handles.push(ReceiptHandle);
    }
  }
  for (const ReceiptHandle of handles) {
    await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  }
  return [...found.values()];
}

async function queueUrl(client: SQSClient, QueueName: string): Promise<string> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
  } catch (cause) {
    throw usageErrorUnlessFault(
      cause,
      `There is no queue ${QueueName} in this account and region: ${(cause as Error).message}. Deploy first, or check credentials and mayfly.config.ts.`,
    );
  }
}

async function explain(
  call: CommandCall,
  letter: Peeked & { queue: string; worker: string },
): Promise<Letter> {
  const { queue, worker, messageId, body, sentAt } = letter;
  const log = `aws logs filter-log-events --log-group-name /aws/lambda/${call.config.environment}-${worker} --filter-pattern '"${messageId}"' --query 'events[].message' --output text`;
  const ageMinutes = minutesSince(sentAt);
  const about = { queue, messageId, ageMinutes, log };
  try {
    const message = parseMessage(body);
    return { ...about, what: describe(message), why: await standing(call, message) };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return {
      ...about,
      what: body.slice(0, 80),
      why: `${error.message.replace(/\.?$/, '.')} Sending it back does not help.`,
    };
  }
}

function describe(message: Message): string {
  switch (message.kind) {
    case 'job':
      return `job ${message.jobId} of ${message.repository} is ${message.action}`;
    case 'poke':
      return `look for waiting jobs of installation ${message.installationId} in ${message.tier}`;
    case 'installation':
      return `${message.event} of installation ${message.installationId}`;
    case 'instance':
      return `machine ${message.instanceId} is ${message.state}`;
    case 'drain-tenant':
      return `end all machines of installation ${message.installationId}`;
    default:
      return `a message of kind ${(message as { kind: string }).kind}`;
  }
}

/** The sweep may have done the work in the meantime; then the message need not be sent back. */
async function standing(call: CommandCall, message: Message): Promise<string> {
  const failed = 'Its function failed for an hour; the log says why.';
  if (message.kind !== 'job') return failed;
  const request = new GetItemCommand({
    TableName: `${call.config.environment}-${tables.jobs.suffix}`,
    Key: { installation_id: { N: String(message.installationId) }, job_id: { N: String(message.jobId) } },
  });
  const { Item } = await dynamoClient(call).send(request);
  if (!Item) return `${failed} The job has no row.`;
  const reason = Item['reason']?.M?.['text']?.S;
  return `${failed} The job is ${Item['state']?.S} now${reason ? `: ${reason}` : '.'}`;
}

async function sendBack(call: CommandCall, given: string): Promise<number> {
  const name = given.replace(new RegExp(`${suffix}$`), '');
  const known = workQueues(call).map((queue) => queue.name);
  if (!known.includes(name)) {
    throw new UsageError(
      `There is no queue ${JSON.stringify(given)}. Messages can go back to ${known.join(', ')}.`,
    );
  }
  const client = sqsClient(call);
  const SourceArn = await queueArn(client, `${name}${suffix}`);
  const DestinationArn = await queueArn(client, name);
  await client.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
  const text = `Moving the dead letters of ${name} back to it.`;
  call.io.out(`${call.options['json'] ? JSON.stringify({ queue: name, moving: true }) : text}\n`);
  return 0;
}

async function queueArn(client: SQSClient, name: string): Promise<string> {
  const QueueUrl = await queueUrl(client, name);
  const request = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  return (await client.send(request)).Attributes?.QueueArn ?? '';
}

function render(letters: readonly Letter[]): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const paragraphs = letters.map(
    ({ queue, messageId, ageMinutes, what, why, log }) =>
      `${queue}  ${messageId}  ${ageMinutes} min\n  ${printableLine(what)}\n  ${printableLine(why)}\n  ${log}\n`,
  );
  return `${paragraphs.join('\n')}\nTo send a queue's messages back: npx mayfly dead-letters --send-back QUEUE\n`;
}
