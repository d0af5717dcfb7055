/**
 * The operator's own KMS key, if one is configured: what it encrypts, and what a function may do with it. Nothing here
 * changes the key or its policy. Without one, AWS's own keys encrypt everything.
 */
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import { allow, type Grant } from '../basics/grant.ts';

/** As props of a construct. */
export const keyIn = ({ kmsKeyArn }: CheckedConfig) => (kmsKeyArn === undefined ? {} : { kmsKeyArn });

/** As a reference within the scope. Undefined: AWS's own keys. */
export const keyOf = (scope: Construct, kmsKeyArn: string | undefined): IKey | undefined =>
  kmsKeyArn === undefined ? undefined : Key.fromKeyArn(scope, 'Key', kmsKeyArn);

/**
 * Which permissions on the key a function needs for its other grants: AWS services use it on the function's behalf,
 * and the function itself never does. Senders to a queue and writers of secrets also create data keys; readers and
 * writers of rows do not.
 */
export function dataKeyGrants(
  scope: Construct,
  kmsKeyArn: string | undefined,
  grants: readonly Grant[],
): Grant[] {
  if (kmsKeyArn === undefined) return [];
  const actions = grants.flatMap(({ statements }) => statements.flatMap((statement) => statement.actions));
  const services = ['dynamodb', 'secretsmanager', 'sqs'].filter((service) =>
    actions.some((action) => action.startsWith(`${service}:`)),
  );
  if (services.length === 0) return [];
  const makesKeys = ['sqs:SendMessage', 'secretsmanager:PutSecretValue'].some((one) => actions.includes(one));
  return [
    allow('UseKey', {
      actions: ['kms:Decrypt', ...(makesKeys ? ['kms:GenerateDataKey'] : [])],
      resources: [kmsKeyArn],
      conditions: { StringEquals: { 'kms:ViaService': via(scope, services) } },
    }),
  ];
}

/**
 * What EC2 requires of whoever launches a machine with an encrypted disk.
 * Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
 */
export function diskKeyGrants(scope: Construct, kmsKeyArn: string | undefined): Grant[] {
  if (kmsKeyArn === undefined) return [];
  const StringEquals = { 'kms:ViaService': via(scope, ['ec2']) };
  return [
    allow('EncryptDisks', {
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources: [kmsKeyArn],
      conditions: { StringEquals },
    }),
    // A grant outlasts the call: only EC2 may create one, and only for the disk.
    allow('LendKeyToDisks', {
      actions: ['kms:CreateGrant'],
      resources: [kmsKeyArn],
      conditions: { StringEquals, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ];
}

const via = (scope: Construct, services: readonly string[]) =>
  services.map((service) => `${service}.${Stack.of(scope).region}.amazonaws.com`);
