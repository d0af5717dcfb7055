/**
 * A grant gives a function a permission together with the environment variable needed to use it, so that neither is
 * forgotten. A function has no permissions but its grants.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Arn, ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { VariableName } from '../../contract/environment.ts';

export interface Grant {
  readonly statements: readonly PolicyStatement[];
  readonly variables: Readonly<Partial<Record<VariableName, string>>>;
}

export interface Permission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A permission without a variable. `sid` describes it in a word: a role for thirty tiers has no room for more. */
export function allow(sid: string, { actions, resources, conditions }: Permission): Grant {
  const statement = new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...resources],
    ...(conditions ? { conditions } : {}),
  });
  return { statements: [statement], variables: {} };
}

/** A variable without a permission. */
export const setVariable = (name: VariableName, value: string): Grant => ({
  statements: [],
  variables: { [name]: value },
});

export function secretGrant(sid: string, secret: Secret, variable: VariableName): Grant {
  const { statements } = allow(sid, {
    actions: ['secretsmanager:GetSecretValue'],
    resources: [secret.secretArn],
  });
  return { statements, variables: { [variable]: secret.secretArn } };
}

/** For functions that store files and first check which exist. */
export function writeSecretGrant(sid: string, secret: Secret, variable: VariableName): Grant {
  const { statements } = allow(sid, {
    actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
    resources: [secret.secretArn],
  });
  return { statements, variables: { [variable]: secret.secretArn } };
}

export function sendGrant(sid: string, queue: Queue, variable: VariableName): Grant {
  const { statements } = allow(sid, { actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
  return { statements, variables: { [variable]: queue.queueUrl } };
}

/** What Lambda needs to pass a queue's messages to a function. */
export const consumeActions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

export const consumeGrant = (sid: string, queue: Queue): Grant =>
  allow(sid, { actions: consumeActions, resources: [queue.queueArn] });

/** The ARN of an EC2 resource in the stack's own account and region. */
export function ec2Arn(scope: Construct, resource: string, resourceName: string): string {
  return Arn.format(
    { service: 'ec2', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
    Stack.of(scope),
  );
}
