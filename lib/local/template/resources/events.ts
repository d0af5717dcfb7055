/** Rules of the default event bus: their patterns and schedules, and targets that allow EventBridge to reach them. */
import type { RuleTarget } from '../../lambda/event-bus.ts';
import type { Cloud } from '../cloud.ts';
import { type Registry, type Resource, withoutEffect } from '../resource-type.ts';
import { functionName } from './lambda.ts';

export const eventsTypes: Registry = {
  'AWS::Events::Rule': {
    properties: {
      Name: true,
      EventPattern: true,
      ScheduleExpression: true,
      State: true,
      Targets: {
        Id: true,
        Arn: true,
        Input: true,
        RetryPolicy: 'targets are on this machine; a delivery that fails is shown',
        DeadLetterConfig: 'targets are on this machine; a delivery that fails is shown',
      },
      Description: withoutEffect.description,
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn'],
    create(resource, cloud) {
      const name: string = resource.properties['Name'] ?? resource.generatedName();
      const arn = `arn:aws:events:${cloud.region}:${cloud.accountId}:rule/${name}`;
      return { ref: name, attributes: { Arn: arn }, settle: () => addRule(resource, cloud, { name, arn }) };
    },
  },
};

interface Target {
  readonly Arn: string;
  readonly Input?: string;
}

function addRule({ properties }: Resource, cloud: Cloud, { name, arn }: { name: string; arn: string }) {
  if ((properties['State'] ?? 'ENABLED') !== 'ENABLED') return;
  const targets = (properties['Targets'] ?? []) as Target[];
  cloud.events.addRule({
    name,
    arn,
    ...(properties['EventPattern'] ? { pattern: properties['EventPattern'] } : {}),
    ...(properties['ScheduleExpression'] ? { schedule: properties['ScheduleExpression'] } : {}),
    targets: targets.map((target) => ruleTarget(target, arn, cloud)),
  });
}

function ruleTarget(target: Target, ruleArn: string, cloud: Cloud): RuleTarget {
  const input = target.Input === undefined ? {} : { input: target.Input };
  const require = (action: string) =>
    cloud.policies.requireResourceAllows('events.amazonaws.com', {
      action,
      resource: target.Arn,
      context: {
        'aws:sourcearn': ruleArn,
        'aws:sourceaccount': cloud.accountId,
        'aws:securetransport': 'true',
      },
    });
  if (target.Arn.startsWith('arn:aws:lambda:')) {
    require('lambda:InvokeFunction');
    return { ...input, deliver: (event) => cloud.functions.invokeLater(functionName(target.Arn), event) };
  }
  if (target.Arn.startsWith('arn:aws:sqs:')) {
    require('sqs:SendMessage');
    return {
      ...input,
      deliver: (event) => cloud.queues.sendFromRule(target.Arn, { body: JSON.stringify(event), ruleArn }),
    };
  }
  throw new Error(`The target is ${target.Arn}; only functions and queues are reached here.`);
}
