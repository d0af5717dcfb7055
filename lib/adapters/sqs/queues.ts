/**
 * The queues between functions, on SQS. A send that returns is durable. A tenant's messages share a group on every queue,
 * so that a noisy tenant does not delay quiet ones (fair queues).
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
import type { Message } from '../../contract/messages.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Queues } from '../../ports/queues.ts';
import { operationalError } from './errors.ts';

export interface QueueUrls {
  /** Tier name → URL. Empty for a function that sends to no tier. */
  readonly tiers: Readonly<Record<string, string>>;
  readonly lifecycle?: string;
  readonly completions?: string;
  readonly installations?: string;
  readonly admission?: string;
}

/** All messages except EC2's events about machines, which come by EventBridge. */
type TenantMessage = Extract<Message, { readonly installationId: InstallationId }>;

/** SQS delays a message by no more than this. */
const longestDelaySeconds = 900;

export function createQueues({ sqs, urls }: { sqs: AwsJson; urls: QueueUrls }): Queues {
  async function send(queue: string, url: string | undefined, message: TenantMessage, delaySeconds = 0) {
    if (!url) throw unknownQueue(queue, urls);
    const input = {
      QueueUrl: url,
      MessageBody: bodyOf(message),
      MessageGroupId: String(message.installationId),
      ...delayed(delaySeconds),
    };
    try {
      await sqs.call('SendMessage', input);
    } catch (error) {
      throw operationalError(error, queue);
    }
  }
  return {
    sendToTier: (tier, message, { delaySeconds = 0 } = {}) =>
      send(
        `tier ${tier}`,
        Object.hasOwn(urls.tiers, tier) ? urls.tiers[tier] : undefined,
        message,
        delaySeconds,
      ),
    sendToLifecycle: (message) => send('lifecycle', urls.lifecycle, message),
    sendToCompletions: (message) => send('completions', urls.completions, message),
    sendToAdmission: (message, { delaySeconds = 0 } = {}) =>
      send('admission', urls.admission, message, delaySeconds),
    sendToInstallations: (message, { delaySeconds = 0 } = {}) =>
      send('installations', urls.installations, message, delaySeconds),
  };
}

/**
 * SQS refuses a body that contains U+FFFE or U+FFFF; JSON can escape them. Control characters and lone surrogates are
 * escaped already.
 */
const bodyOf = (message: Message) =>
  JSON.stringify(message).replace(
    /[\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );

const delayed = (seconds: number) =>
  seconds > 0 ? { DelaySeconds: Math.min(Math.ceil(seconds), longestDelaySeconds) } : {};

function unknownQueue(queue: string, urls: QueueUrls): OperationalError {
  const known = [
    ...Object.keys(urls.tiers).map((tier) => `tier ${tier}`),
    'lifecycle',
    'completions',
    'installations',
    'admission',
  ];
  return new OperationalError(
    `This function was given no URL for the queue ${queue}; queues there are: ${known.join(', ')}. ` +
      "Its construct grants queues, and sets the variable with the queue's URL.",
    { code: 'UnknownQueue', retryable: false },
  );
}
