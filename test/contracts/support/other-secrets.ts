/** A Secrets Manager that somebody else imitates. It cannot be told to fail, so a fault is thrown in front of it. */
import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  type GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { createSecretsManagerClient } from '../../../lib/adapters/secrets-manager/client.ts';
import { createSecret } from '../../../lib/adapters/secrets-manager/secret.ts';
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
  const client = createSecretsManagerClient({ AWS_ENDPOINT_URL: url });
  let failing = false;
  const send = client.send.bind(client);
  client.send = (async (command: GetSecretValueCommand) => {
    if (failing) throw Object.assign(new Error('No.'), { name: 'AccessDeniedException' });
    return send(command);
  }) as typeof client.send;
  return {
    secret: createSecret({ client, arn, clock }),
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
