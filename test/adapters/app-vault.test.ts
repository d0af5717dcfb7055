import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAppVault } from '../../lib/adapters/secrets-manager/app-vault.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createSecretsService } from '../../lib/local/aws/secrets.ts';

const place = { region: 'us-east-1', accountId: '000000000000' };
const secrets = createSecretsService(place);
let endpoint: AwsEndpoint;
let client: SecretsManagerClient;
beforeAll(async () => {
  endpoint = await startAwsEndpoint({ ...place, services: [secrets] });
  const { url, operatorCredentials: credentials } = endpoint;
  client = new SecretsManagerClient({ endpoint: url, region: place.region, credentials });
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

describe('the vault', () => {
  it('returns the current webhook secret, and when exactly that one was stored', async () => {
    const appSecretArn = secrets.create({ name: 'app', secretString: '{}' }).arn;
    const webhookSecretArn = secrets.create({ name: 'webhook', secretString: 'first' }).arn;
    const vault = createAppVault({ client, appSecretArn, webhookSecretArn });
    // Secrets Manager's times are in whole seconds.
    const before = Math.floor(Date.now() / 1000) * 1000;
    await vault.storeWebhookSecret('second');
    const { value, storedAt } = await vault.webhookSecret();
    expect(value).toBe('second');
    expect(storedAt).toBeGreaterThanOrEqual(before);
    expect(storedAt).toBeLessThanOrEqual(Date.now());
  });
});
