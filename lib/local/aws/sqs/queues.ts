/**
 * All queues by name, with their attributes as texts, as in SQS. A queue's rules are read from its attributes each time
 * they matter, so that a change takes effect at once.
 */
import { AwsError } from '../service.ts';
import { Queue } from './queue.ts';

export interface NamedQueue {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly attributes: Record<string, string>;
  readonly queue: Queue;
}

const defaults: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
};

/** Minimum and maximum, from the CreateQueue reference. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
};
/** Stored and shown; they have no effect on a laptop, or are read elsewhere. */
const otherAttributes = [
  'Policy',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'SqsManagedSseEnabled',
];

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const mostInFlight = 120_000;

export class Queues {
  readonly #byName = new Map<string, NamedQueue>();
  readonly #arnPrefix: string;

  constructor({ region, accountId }: { readonly region: string; readonly accountId: string }) {
    this.#arnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
  }

  /** Creating one again with the same attributes does nothing. @throws AwsError */
  create(name: string, attributes: Readonly<Record<string, string>>): NamedQueue {
    if (!/^[\w-]{1,80}$/.test(name)) {
      throw new AwsError(
        'InvalidParameterValue',
        `The queue name ${JSON.stringify(name)} must be 1 to 80 letters, digits, - and _; ` +
          'the laptop has no FIFO queues.',
      );
    }
    const known = this.#byName.get(name);
    if (known) {
      if (Object.entries(attributes).every(([key, value]) => known.attributes[key] === value)) return known;
      throw new AwsError('QueueNameExists', `A queue named ${name} exists already, with other attributes.`);
    }
    this.#check(attributes);
    const created = this.#assemble(name, { ...defaults, ...attributes });
    this.#byName.set(name, created);
    return created;
  }

  setAttributes(target: NamedQueue, attributes: Readonly<Record<string, string>>): void {
    this.#check(attributes);
    Object.assign(target.attributes, attributes);
  }

  /** By name, URL or ARN; only the last part of a URL counts, so that AWS's own URLs work too. @throws AwsError */
  find(nameUrlOrArn: unknown): NamedQueue {
    const name = String(nameUrlOrArn ?? '').replace(/^.*[/:]/, '');
    const found = this.#byName.get(name);
    if (found) return found;
    throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${String(nameUrlOrArn)}`);
  }

  arnOf(nameUrlOrArn: unknown): string {
    return this.#arnPrefix + String(nameUrlOrArn ?? '').replace(/^.*[/:]/, '');
  }

  list(prefix = ''): NamedQueue[] {
    return [...this.#byName.values()].filter(({ name }) => name.startsWith(prefix));
  }

  delete(target: NamedQueue): void {
    target.queue.close();
    this.#byName.delete(target.name);
  }

  #assemble(name: string, attributes: Record<string, string>): NamedQueue {
    const arn = this.arnOf(name);
    const queue = new Queue({
      visibilityTimeoutSeconds: () => Number(attributes['VisibilityTimeout']),
      delaySeconds: () => Number(attributes['DelaySeconds']),
      retentionSeconds: () => Number(attributes['MessageRetentionPeriod']),
      maxReceiveCount: () => redriveOf(attributes)?.maxReceiveCount ?? Number.POSITIVE_INFINITY,
      bury: (message) => this.find(redriveOf(attributes)?.deadLetterTargetArn).queue.adopt(message, arn),
      mostInFlight,
    });
    return { name, arn, createdAt: Math.floor(Date.now() / 1000), attributes, queue };
  }

  #check(attributes: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(attributes)) {
      const [least, most] = ranges[name] ?? [];
      const fits = least === undefined ? otherAttributes.includes(name) : isWithin(value, least, most!);
      if (fits) continue;
      if (least === undefined) {
        throw new AwsError('InvalidAttributeName', `The laptop's queues have no attribute ${name}.`);
      }
      throw new AwsError(
        'InvalidAttributeValue',
        `${name} is ${value}; it must be from ${least} to ${most}.`,
      );
    }
    const redrive = redriveOf(attributes);
    if (redrive) this.find(redrive.deadLetterTargetArn);
  }
}

function isWithin(value: string, least: number, most: number): boolean {
  return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
}

/** @throws AwsError if the RedrivePolicy is invalid */
function redriveOf({ RedrivePolicy }: Readonly<Record<string, string>>) {
  if (!RedrivePolicy) return undefined;
  try {
    const policy = JSON.parse(RedrivePolicy) as { deadLetterTargetArn: string; maxReceiveCount: unknown };
    const maxReceiveCount = Number(policy.maxReceiveCount);
    if (Number.isSafeInteger(maxReceiveCount) && maxReceiveCount >= 1 && policy.deadLetterTargetArn) {
      return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount };
    }
  } catch {
    // Reported below, like every other invalid redrive policy.
  }
  throw new AwsError(
    'InvalidAttributeValue',
    `RedrivePolicy is ${RedrivePolicy}; it must be JSON with deadLetterTargetArn and maxReceiveCount.`,
  );
}
