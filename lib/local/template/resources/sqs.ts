/** Queues with their timeouts and redrive, and the policies that let other services send to them. */
import type { PolicyDocument } from '../../aws/service.ts';
import { type Registry, withoutEffect } from '../resource-type.ts';

const attributes = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'DelaySeconds',
  'ReceiveMessageWaitTimeSeconds',
  'MaximumMessageSize',
] as const;

export const sqsTypes: Registry = {
  'AWS::SQS::Queue': {
    properties: {
      QueueName: true,
      VisibilityTimeout: true,
      MessageRetentionPeriod: true,
      DelaySeconds: true,
      ReceiveMessageWaitTimeSeconds: true,
      MaximumMessageSize: true,
      RedrivePolicy: true,
      RedriveAllowPolicy: 'every queue here may be the dead-letter queue of another',
      SqsManagedSseEnabled: withoutEffect.encryption,
      KmsMasterKeyId: true,
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn', 'QueueName', 'QueueUrl'],
    async create({ properties, generatedName }, cloud) {
      const name: string = properties['QueueName'] ?? generatedName(80);
      const given = attributes.filter((attribute) => properties[attribute] !== undefined);
      const redrive = properties['RedrivePolicy'];
      const { url } = await cloud.queues.create({
        name,
        attributes: {
          ...Object.fromEntries(given.map((attribute) => [attribute, String(properties[attribute])])),
          ...(redrive ? { RedrivePolicy: JSON.stringify(redrive) } : {}),
        },
      });
      const Arn = `arn:aws:sqs:${cloud.region}:${cloud.accountId}:${name}`;
      const key = properties['KmsMasterKeyId'];
      if (key !== undefined) cloud.keys.protect(Arn, String(key));
      return { ref: url, attributes: { Arn, QueueName: name, QueueUrl: url } };
    },
  },
  'AWS::SQS::QueuePolicy': {
    properties: { Queues: true, PolicyDocument: true },
    attributes: ['Id'],
    create({ properties, logicalId }, cloud) {
      const policy = properties['PolicyDocument'] as PolicyDocument;
      for (const url of properties['Queues'] as string[]) {
        const name = url.slice(url.lastIndexOf('/') + 1);
        const arn = `arn:aws:sqs:${cloud.region}:${cloud.accountId}:${name}`;
        cloud.policies.allowOnResource(arn, [policy.Statement].flat());
        cloud.queues.setPolicy(url, policy);
      }
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  },
};
