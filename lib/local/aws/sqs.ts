/**
 * SQS: standard queues in memory, through the endpoint for functions and people, and in process for what AWS runs itself:
 * Lambda's event sources and EventBridge. Fair queues are imitated; there are no FIFO queues.
 */
import { randomUUID } from 'node:crypto';
import { evaluateResourcePolicy } from './iam/evaluate.ts';
import { jsonAnswer, unknownAction } from './json-answer.ts';
import { type AwsAnswer, type AwsCall, AwsError, type AwsService, type IamQuestion } from './service.ts';
import { actions } from './sqs/actions.ts';
import { checkMessage } from './sqs/check-message.ts';
import type { ReceivedMessage } from './sqs/message.ts';
import { fromForm, toXml } from './sqs/query-protocol.ts';
import type { QueueCounts, Receiving } from './sqs/queue.ts';
import { type NamedQueue, Queues } from './sqs/queues.ts';

export type { ReceivedMessage } from './sqs/message.ts';
export type { QueueCounts } from './sqs/queue.ts';

export interface SendOptions {
  readonly messageGroupId?: string;
  readonly messageAttributes?: Readonly<Record<string, unknown>>;
  readonly delaySeconds?: number;
}

/** Queues are named by ARN, URL or name. Every method throws AwsError QueueDoesNotExist for an unknown queue. */
export interface SqsService extends AwsService {
  /** Attributes are texts, as in the CreateQueue call: `{ VisibilityTimeout: '60', RedrivePolicy: '{…}' }`. */
  createQueue(queue: { readonly name: string; readonly attributes?: Readonly<Record<string, string>> }): {
    readonly url: string;
    readonly arn: string;
  };
  /** The queue's policy: what services may do to it. */
  setPolicy(queue: string, policyJson: string): void;
  /** Waits up to `waitSeconds`, which `signal` cuts short; a new message ends the wait at once. `max` may be over 10. */
  receive(queue: string, receiving: Receiving): Promise<ReceivedMessage[]>;
  /** Ignores outdated receipts. */
  delete(queue: string, receiptHandles: readonly string[]): void;
  changeVisibility(queue: string, receiptHandles: readonly string[], seconds: number): void;
  /** Default: the queue's own visibility timeout. */
  visibilitySeconds(queue: string): number;
  send(queue: string, body: string, options?: SendOptions): { readonly messageId: string };
  /** @throws AwsError AccessDenied where the queue's policy does not let the service send for this source */
  sendAsService(sending: {
    readonly queue: string;
    /** `events.amazonaws.com`. */
    readonly principalService: string;
    readonly sourceArn: string;
    readonly body: string;
  }): { readonly messageId: string };
  counts(queue: string): QueueCounts;
  list(): readonly { readonly name: string; readonly arn: string; readonly url: string }[];
  /** Drops all messages and ends all waits. */
  close(): void;
}

export interface SqsOptions {
  readonly region: string;
  readonly accountId: string;
  /** Where queue URLs point: the endpoint. A function, because the endpoint may start later. */
  readonly endpointUrl: () => string;
}

export function createSqsService(options: SqsOptions): SqsService {
  const { region, accountId, endpointUrl } = options;
  const queues = new Queues({ region, accountId });
  const urlOf = ({ name }: NamedQueue) => `${endpointUrl()}/${accountId}/${name}`;
  const laptop = 'laptop';
  return {
    service: 'sqs',
    questions: (call) => questions(queues, call),
    handle: (call) => handle(call, { queues, urlOf }),
    createQueue: ({ name, attributes = {} }) => {
      const created = queues.create(name, attributes);
      return { url: urlOf(created), arn: created.arn };
    },
    setPolicy: (queue, policyJson) => queues.setAttributes(queues.find(queue), { Policy: policyJson }),
    receive: (queue, receiving) => queues.find(queue).queue.receive(receiving),
    delete(queue, receiptHandles) {
      const target = queues.find(queue).queue;
      for (const handle of receiptHandles) target.delete(handle);
    },
    visibilitySeconds: (queue) => Number(queues.find(queue).attributes['VisibilityTimeout']),
    changeVisibility(queue, receiptHandles, seconds) {
      const target = queues.find(queue).queue;
      for (const handle of receiptHandles) target.changeVisibility(handle, seconds);
    },
    send(queue, body, sendOptions = {}) {
      const target = queues.find(queue);
      checkMessage({ body, ...sendOptions }, target.attributes);
      return target.queue.send({ body, senderId: laptop, ...sendOptions });
    },
    sendAsService({ queue, principalService, sourceArn, body }) {
      const target = queues.find(queue);
      demandPolicy(target, { principalService, sourceArn, accountId });
      return target.queue.send({ body, senderId: principalService });
    },
    counts: (queue) => queues.find(queue).queue.counts(),
    list: () => queues.list().map((queue) => ({ name: queue.name, arn: queue.arn, url: urlOf(queue) })),
    close() {
      for (const { queue } of queues.list()) queue.close();
    },
  };
}

/**
 * A batch needs the permission of the single action. Whoever asks SQS to move messages must be allowed to receive, delete
 * and send them.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
function questions(queues: Queues, { action, input }: AwsCall): IamQuestion[] {
  const named = input['QueueUrl'] ?? input['QueueName'] ?? input['SourceArn'];
  const ask = (name: string, queue: unknown): IamQuestion => ({
    action: `sqs:${name}`,
    resource: queues.arnOf(queue ?? '*'),
    context: {},
  });
  if (action !== 'StartMessageMoveTask') return [ask(action.replace(/Batch$/, ''), named)];
  const taking = [action, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((name) =>
    ask(name, named),
  );
  const target = input['DestinationArn'];
  return target === undefined ? taking : [...taking, ask('SendMessage', target)];
}

async function handle(
  { action, input, protocol, caller }: AwsCall,
  { queues, urlOf }: { queues: Queues; urlOf: (queue: NamedQueue) => string },
): Promise<AwsAnswer> {
  const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!act) throw unknownAction('SQS', action, Object.keys(actions));
  const context = { queues, urlOf, senderId: caller.accessKeyId };
  if (protocol === 'json') return jsonAnswer(await act(input, context), '1.0');
  const output = await act(fromForm(input), context);
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: toXml(action, output, randomUUID()),
  };
}

function demandPolicy(
  { arn, attributes }: NamedQueue,
  asked: { principalService: string; sourceArn: string; accountId: string },
): void {
  const { principalService, sourceArn, accountId } = asked;
  const context = {
    'aws:sourcearn': sourceArn,
    'aws:sourceaccount': accountId,
    'aws:securetransport': 'true',
  };
  const policy = attributes['Policy'] ? JSON.parse(attributes['Policy']) : { Statement: [] };
  const { verdict, reason } = evaluateResourcePolicy(policy, {
    principalService,
    question: { action: 'sqs:SendMessage', resource: arn, context },
  });
  if (verdict === 'allowed') return;
  throw new AwsError(
    'AccessDeniedException',
    `${principalService} is not authorized to perform: sqs:SendMessage on resource: ${arn} for ${sourceArn}: ` +
      `${reason ?? "no statement of the queue's policy allows it"}`,
    403,
  );
}
