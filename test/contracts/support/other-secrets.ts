/** Somebody else's imitation of Secrets Manager. It cannot fail on request, so the error is thrown before the call. */
import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createAwsJson } from '../../../lib/adapters/aws-json/caller.ts';
import { createSecret } from '../../../lib/adapters/secrets-manager/secret.ts';
import type { AwsJson } from '../../../lib/ports/aws-json.ts';
import type { MemoryClock } from '../../fakes/clock.ts';
import type { SecretWorld } from '../secret.contract.ts';

export async function onOtherSecrets(url: string, clock: MemoryClock): Promise<SecretWorld> {
  Object.assign(process.env, {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const direct = new SecretsManagerClient({ endpoint: url });
  const created = await direct.send(new CreateSecretCommand({ Name: randomUUID(), SecretString: 'first' }));
  const arn = created.ARN ?? '';
  const variables = { ...process.env, AWS_ENDPOINT_URL: url };
  const caller = createAwsJson({ service: 'secretsManager', variables });
  let failing = false;
  const secrets: AwsJson = {
    async call(action, input) {
      if (failing) throw Object.assign(new Error('No.'), { name: 'AccessDeniedException' });
      return caller.call(action, input);
    },
  };
  return {
    secret: createSecret({ secrets, arn, clock }),
    rotate: async (value) => {
      await direct.send(new PutSecretValueCommand({ SecretId: arn, SecretString: value }));
    },
    fail: () => {
      failing = true;
    },
    recover: () => {
      failing = false;
    },
  };
}
