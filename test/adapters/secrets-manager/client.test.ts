import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { expect, it } from '@jest/globals';
import { createSecretsManagerClient } from '../../../lib/adapters/secrets-manager/client.ts';

it('waits for one second for a connection and for two and a half for an answer, three times', async () => {
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  const client = createSecretsManagerClient({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  expect(await client.config.maxAttempts()).toBe(3);
  // Its handler has its times only once it was used.
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'app' }))).rejects.toThrow();
  const { requestHandler } = client.config as { requestHandler: { httpHandlerConfigs?: () => object } };
  expect(requestHandler.httpHandlerConfigs?.()).toMatchObject({
    ...{ connectionTimeout: 1_000, requestTimeout: 2_500, throwOnRequestTimeout: true },
  });
  client.destroy();
});
