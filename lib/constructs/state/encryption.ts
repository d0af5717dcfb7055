/**
 * The operator's own key, where one was named: what it encrypts, and what a function may do with it. The key and its policy
 * are the operator's; nothing here changes them. Without one, everything is encrypted by keys of AWS.
 */
import { Stack } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import { allow, type Grant } from '../basics/grant.ts';

/** As props of a construct. */
export const keyIn = ({ kmsKeyArn }: CheckedConfig) => (kmsKeyArn === undefined ? {} : { kmsKeyArn });

/** As the scope refers to it. Undefined: AWS's own keys. */
export const keyOf = (scope: Construct, kmsKeyArn: string | undefined): IKey | undefined =>
  kmsKeyArn === undefined ? undefined : Key.fromKeyArn(scope, 'Key', kmsKeyArn);

/**
 * What a function needs of the key for all else that it is granted: services use it in the function's name. Only through
 * them, never by itself. Who sends to a queue or writes a secret makes data keys too; who reads or writes rows does not.
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
 * What EC2 asks for in the name of whoever launches a machine with an encrypted disk.
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
    // A grant outlives the call: EC2 itself may take one, for the disk alone, and nobody else.
    allow('LendKeyToDisks', {
      actions: ['kms:CreateGrant'],
      resources: [kmsKeyArn],
      conditions: { StringEquals, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ];
}

const via = (scope: Construct, services: readonly string[]) =>
  services.map((service) => `${service}.${Stack.of(scope).region}.amazonaws.com`);
