/**
 * The App as the platform keeps it, in two secrets: its id and private key, and the webhook secret. A key is stored only
 * after GitHub has taken it, so that a typing error never replaces a key that works.
 */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createAppClient } from '../../adapters/github/app-client.ts';
import { appPrivateKey } from '../../adapters/secrets-manager/app-private-key.ts';
import type { AppSecret } from '../../contract/secrets.ts';
import { awsOptions } from '../aws-clients.ts';
import { type CommandCall, UsageError } from '../command.ts';
import type { DeploymentOutputs } from './deployment-outputs.ts';

export interface App {
  readonly appId: string;
  readonly privateKey: string;
}

/** @returns the App's name on GitHub @throws UsageError where GitHub does not take the key for this App */
export async function checkApp(githubApiUrl: string, app: App): Promise<string> {
  const client = createAppClient({
    apiUrl: githubApiUrl,
    appId: app.appId,
    privateKey: async () => app.privateKey,
  });
  const answer = (await client.asApp('GET /app', {}).catch((cause: Error) => {
    throw new UsageError(
      `GitHub does not take this key for App ${app.appId}: ${cause.message}. Check the id on the App's settings page, and that the key is one of that App.`,
    );
  })) as { name?: string };
  return answer.name ?? app.appId;
}

/** PEM, or base64 of it, in whatever line ends. @throws UsageError where it is neither */
export function readKey(text: string): string {
  try {
    return appPrivateKey(JSON.stringify({ privateKey: text }));
  } catch (cause) {
    throw new UsageError(`The file holds no private key: ${(cause as Error).message}`);
  }
}

export async function storeApp(call: CommandCall, outputs: DeploymentOutputs, app: App): Promise<void> {
  const secret: AppSecret = { appId: app.appId, privateKey: app.privateKey };
  await putSecret(call, outputs.appSecretArn, JSON.stringify(secret));
}

export async function putSecret(call: CommandCall, arn: string, value: string): Promise<void> {
  const client = new SecretsManagerClient(awsOptions(call));
  await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: value }));
}
