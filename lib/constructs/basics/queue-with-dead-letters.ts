/**
 * A queue whose messages are encrypted, travel by TLS alone, and are set aside after twenty receives. Its visibility
 * timeout is six times its function's, as Lambda asks, so that no message is worked on twice at once.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/**
 * An hour of tries, three minutes apart: facts about jobs and machines outlive an hour in which the tables, EC2 or GitHub
 * fail, and nobody need send them back.
 */
const receivesBeforeDeadLetter = 20;

export interface QueueOptions {
  readonly queueName: string;
  /** Of the function that works on it. */
  readonly functionTimeoutSeconds: number;
  /** Default: a key of AWS's own. */
  readonly key?: IKey | undefined;
}

export function createQueue(scope: Construct, id: string, options: QueueOptions): Queue {
  const { key } = options;
  const encrypted = key
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
    : { encryption: QueueEncryption.SQS_MANAGED };
  const deadLetters = new Queue(scope, `${id}DeadLetters`, {
    queueName: `${options.queueName}-dead-letters`,
    ...encrypted,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  return new Queue(scope, id, {
    queueName: options.queueName,
    ...encrypted,
    enforceSSL: true,
    visibilityTimeout: Duration.seconds(6 * options.functionTimeoutSeconds),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: receivesBeforeDeadLetter },
  });
}
