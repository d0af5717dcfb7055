/**
 * The app's own KMS key instead of AWS's. Statements for the AWS services that use it themselves are added to its policy,
 * as far as they are known before the first deploy; the policy of an imported key stays as it is.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Annotations, Stack, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../config/check-config.ts';
import { keyPolicyStatements } from '../config/key-policy.ts';

export interface KeyChoice {
  readonly encryptionKey?: IKey;
  readonly kmsKeyArn?: string;
}

export function keyFaults(stack: Stack, { encryptionKey, kmsKeyArn }: KeyChoice): string[] {
  if (!encryptionKey) return [];
  const { region } = encryptionKey.env;
  const isElsewhere = ![region, stack.region].some(Token.isUnresolved) && region !== stack.region;
  return [
    ...(kmsKeyArn === undefined ? [] : ['encryptionKey and kmsKeyArn are both given; remove one of them.']),
    ...(isElsewhere
      ? [`encryptionKey is in ${region}; it must be in the region of the stack, ${stack.region}.`]
      : []),
  ];
}

export const keyArnOf = ({ encryptionKey }: KeyChoice) =>
  encryptionKey ? { kmsKeyArn: encryptionKey.keyArn } : {};

export function letServicesUse(key: IKey, scope: Construct, { deployment }: CheckedConfig): void {
  const { environment, region, tiers } = deployment;
  const { account: accountId, partition } = Stack.of(scope);
  // A key policy cannot name a role that does not exist yet, and EC2 creates its spot role with the first spot machine.
  const statements = keyPolicyStatements({ environment, region, accountId, partition, spot: false });
  for (const statement of statements) key.addToResourcePolicy(PolicyStatement.fromJson(statement));
  if (tiers.some(({ spot }) => spot)) {
    Annotations.of(scope).addWarningV2(
      'mayfly:spotAndEncryptionKey',
      'Spot machines use encryptionKey under the role AWSServiceRoleForEC2Spot, which its policy must name once the role ' +
        'exists; docs/DEPLOYMENT.md says how. Until then, spot machines with encrypted disks cannot start.',
    );
  }
}
