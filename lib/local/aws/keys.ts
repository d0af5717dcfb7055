/**
 * Which resources an operator's own key encrypts, and what the key must allow for a call on them: services use the key in
 * the caller's name. Approximate: the key is in the account, not in a template, so its own policy is not known here; it
 * is assumed to defer to the account's policies, and to admit AWS's services as `mayfly preflight` requires.
 * Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html,
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
import type { IamQuestion } from './service.ts';

/** What is needed of the key, by action. Actions that are not listed touch no data. */
const uses: Readonly<Record<string, readonly string[]>> = {
  'sqs:SendMessage': ['kms:GenerateDataKey', 'kms:Decrypt'],
  'sqs:ReceiveMessage': ['kms:Decrypt'],
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
  'secretsmanager:PutSecretValue': ['kms:GenerateDataKey', 'kms:Decrypt'],
};

export class KeyRegistry {
  readonly #keys = new Map<string, string>();

  /** From now on the key encrypts the resource. Both by ARN; a later key replaces an earlier one. */
  protect(resourceArn: string, keyArn: string): void {
    this.#keys.set(resourceArn, keyArn);
  }

  /** What must also be allowed for a call. */
  questionsFor(asked: readonly IamQuestion[], region: string): IamQuestion[] {
    return asked.flatMap(({ action, resource }) => {
      const key = this.#keys.get(resource.replace(/\/index\/[^/]+$/, ''));
      if (key === undefined) return [];
      const service = action.slice(0, action.indexOf(':'));
      return usesOf(service, action).map((use) => keyQuestion({ use, key, service, region }));
    });
  }
}

/** Each call on a table's rows decrypts the table's key. */
const usesOf = (service: string, action: string): readonly string[] =>
  service === 'dynamodb' ? ['kms:Decrypt'] : (uses[action] ?? []);

/** As the service asks in the caller's name. */
export function keyQuestion(asked: {
  readonly use: string;
  readonly key: string;
  readonly service: string;
  readonly region: string;
}): IamQuestion {
  const { use, key, service, region } = asked;
  const isGrant = use === 'kms:CreateGrant';
  return {
    action: use,
    resource: key,
    context: {
      'kms:viaservice': `${service}.${region}.amazonaws.com`,
      ...(isGrant ? { 'kms:grantisforawsresource': 'true' } : {}),
    },
  };
}
