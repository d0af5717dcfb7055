/**
 * An encrypted queue that accepts TLS only, redelivers messages soon after their function died, and moves them to a
 * dead-letter queue after an hour of failures.
 */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type QueueReader, receivesBeforeDeadLetter, visibilitySeconds } from '../../contract/redelivery.ts';

export interface QueueOptions {
  readonly queueName: string;
  /** The function that reads it. */
  readonly reader: QueueReader;
  /** Default: AWS's own key. */
  readonly key?: IKey | undefined;
}

export function createQueue(scope: Construct, id: string, options: QueueOptions): Queue {
  const { key, reader } = options;
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
    visibilityTimeout: Duration.seconds(visibilitySeconds(reader)),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: receivesBeforeDeadLetter(reader) },
  });
}
