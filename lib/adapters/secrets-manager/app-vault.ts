/** The App and the webhook secret in Secrets Manager, read and written directly, without a cache. */
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { AppSecret } from '../../contract/secrets.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import { OperationalError } from '../../ports/errors.ts';
import { readAppSecret } from './stored-app.ts';

export function createAppVault(options: {
  readonly client: SecretsManagerClient;
  readonly appSecretArn: string;
  readonly webhookSecretArn: string;
}): AppVault {
  const { client, appSecretArn, webhookSecretArn } = options;
  const get = async (SecretId: string) => {
    const answer = await client.send(new GetSecretValueCommand({ SecretId })).catch(failed('read', SecretId));
    return { value: answer.SecretString ?? '', storedAt: answer.CreatedDate?.getTime() ?? 0 };
  };
  const put = async (SecretId: string, SecretString: string) => {
    const written = client.send(new PutSecretValueCommand({ SecretId, SecretString }));
    await written.catch(failed('written', SecretId));
  };
  return {
    async app() {
      const { value: text } = await get(appSecretArn);
      const credentials = readAppSecret(text);
      return credentials && { ...(JSON.parse(text) as AppSecret), ...credentials };
    },
    storeApp: (app) => put(appSecretArn, JSON.stringify(app)),
    webhookSecret: () => get(webhookSecretArn),
    storeWebhookSecret: (value) => put(webhookSecretArn, value),
  };
}

const failed = (what: string, secretId: string) => (cause: Error) => {
  throw new OperationalError(`The secret ${secretId} cannot be ${what}: ${cause.name}: ${cause.message}`, {
    code: cause.name,
    retryable: cause.name !== 'AccessDeniedException',
    cause,
  });
};
