/** A Secrets Manager client with bounded waits. One for each process, created at module load. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export function createSecretsManagerClient(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): SecretsManagerClient {
  const endpoint = variables['AWS_ENDPOINT_URL_SECRETS_MANAGER'] || variables['AWS_ENDPOINT_URL'];
  return new SecretsManagerClient({
    ...(endpoint ? { endpoint } : {}),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_500, throwOnRequestTimeout: true },
  });
}
