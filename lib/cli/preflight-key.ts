/**
 * What the policy of an operator's own key must allow, and how to check that it is usable. It only prints this,
 * because the key and its policy belong to the operator.
 */
import { type KeyPolicyStatement, keyPolicyStatements } from '../config/key-policy.ts';

export interface KeyUse {
  readonly kmsKeyArn: string;
  readonly environment: string;
  readonly spot: boolean;
}

/** The account and the region from the key's ARN. */
export function statementsFor({ kmsKeyArn, environment, spot }: KeyUse): KeyPolicyStatement[] {
  const [, partition = '', , region = '', accountId = ''] = kmsKeyArn.split(':');
  return keyPolicyStatements({ environment, region, accountId, partition, spot });
}

export function keyAdvice(use: KeyUse): string[] {
  const region = use.kmsKeyArn.split(':')[3];
  return [
    `  The key must be enabled, symmetric and for encryption. To see it:`,
    `  aws kms describe-key --region ${region} --key-id ${use.kmsKeyArn} --query 'KeyMetadata.[KeyState,KeySpec,KeyUsage]'`,
    '  Its policy needs these statements in addition to its existing ones (aws kms put-key-policy --policy-name default):',
    ...JSON.stringify(statementsFor(use), null, 2)
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}
