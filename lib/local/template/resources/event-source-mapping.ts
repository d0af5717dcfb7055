/** Event source mappings for queues: polled as their settings say, if the function's role may receive from the queue. */
import { randomUUID } from 'node:crypto';
import type { SwitchableMapping } from '../../aws/lambda.ts';
import { type EventSource, startEventSource } from '../../lambda/event-source.ts';
import type { Cloud } from '../cloud.ts';
import { type Registry, type Resource, withoutEffect } from '../resource-type.ts';
import { functionName } from './lambda.ts';

/** Without a setting of its own, a mapping is bounded by the function's containers. */
const defaultConcurrency = 10;

export const eventSourceMappingTypes: Registry = {
  'AWS::Lambda::EventSourceMapping': {
    properties: {
      FunctionName: true,
      EventSourceArn: true,
      BatchSize: true,
      MaximumBatchingWindowInSeconds: true,
      ScalingConfig: { MaximumConcurrency: true },
      FunctionResponseTypes: true,
      Enabled: true,
      MetricsConfig: 'there is no CloudWatch here',
      Tags: withoutEffect.tags,
    },
    attributes: ['Id'],
    create: (resource, cloud) => ({
      ref: resource.logicalId,
      attributes: { Id: resource.logicalId },
      settle: () => startMapping(resource, cloud),
    }),
  },
};

function startMapping({ properties }: Resource, cloud: Cloud) {
  const name = functionName(String(properties['FunctionName']));
  const queueArn = String(properties['EventSourceArn']);
  if (!queueArn.startsWith('arn:aws:sqs:')) {
    throw new Error(`The event source is ${queueArn}; only queues are polled here.`);
  }
  const { role } = cloud.functions.definition(name);
  cloud.policies.requireRoleMay({
    caller: name,
    role,
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resource: queueArn,
  });
  const receive = { action: 'sqs:ReceiveMessage', resource: queueArn, context: {} };
  for (const { action, ...asked } of cloud.keys.questionsFor([receive], cloud.region)) {
    cloud.policies.requireRoleMay({ caller: name, role, actions: [action], ...asked });
  }
  const batchSize = Number(properties['BatchSize'] ?? 10);
  const batchingWindowSeconds = Number(properties['MaximumBatchingWindowInSeconds'] ?? 0);
  if (batchSize > 10 && batchingWindowSeconds < 1) {
    throw new Error(
      `BatchSize is ${batchSize}; above 10, Lambda wants a batching window of at least 1 second.`,
    );
  }
  refuseShortVisibility({ queueArn, name }, cloud);
  const settings = {
    queueArn,
    region: cloud.region,
    batchSize,
    batchingWindowSeconds,
    concurrency: Number(properties['ScalingConfig']?.MaximumConcurrency ?? defaultConcurrency),
    reportsItemFailures: (properties['FunctionResponseTypes'] ?? []).includes('ReportBatchItemFailures'),
    queues: cloud.queues,
    invoke: (event: unknown) => cloud.functions.invoke(name, event),
    onFault: (error: unknown) => cloud.onFault(`event source ${queueArn} → ${name}`, error),
  };
  let source: EventSource | undefined;
  const closing = new Set<Promise<void>>();
  const mapping: SwitchableMapping = {
    uuid: randomUUID(),
    functionName: name,
    eventSourceArn: queueArn,
    isEnabled: () => source !== undefined,
    switch(enabled) {
      if (enabled) source ??= startEventSource(settings);
      else {
        if (source) closing.add(source.close());
        source = undefined;
      }
    },
  };
  mapping.switch(properties['Enabled'] !== false);
  cloud.addEventSourceMapping(mapping);
  cloud.onClose(async () => {
    mapping.switch(false);
    await Promise.all(closing);
  });
}

/**
 * Lambda refuses such a mapping: a message would come again while its function is still working on it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
function refuseShortVisibility({ queueArn, name }: { queueArn: string; name: string }, cloud: Cloud): void {
  const visibility = cloud.queues.visibilitySeconds(queueArn);
  const { timeoutSeconds } = cloud.functions.definition(name);
  if (visibility >= timeoutSeconds) return;
  throw new Error(
    `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
  );
}
