/** What the setup commands share: this deployment's secrets and its GitHub. */
import { readFileSync } from 'node:fs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createNewApps } from '../../adapters/github/new-apps.ts';
import { keyFingerprint } from '../../adapters/identity/key-fingerprint.ts';
import { createAppVault } from '../../adapters/secrets-manager/app-vault.ts';
import type { TakeDeps } from '../../app/setup/take-app.ts';
import type { AppSecret } from '../../contract/secrets.ts';
import { privateKeyForms, readPrivateKey } from '../../core/private-key.ts';
import type { AppVault } from '../../ports/app-vault.ts';
import { awsOptions } from '../aws-clients.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { recordDeploymentChange } from '../record-deployment-change.ts';
import type { DeploymentOutputs } from './deployment-outputs.ts';

export function setupDeps(call: CommandCall, outputs: DeploymentOutputs): TakeDeps {
  const { appSecretArn, webhookSecretArn, webhookUrl } = outputs;
  const client = new SecretsManagerClient(awsOptions(call));
  return {
    newApps: createNewApps({ apiUrl: outputs.githubApiUrl }),
    vault: createAppVault({ client, appSecretArn, webhookSecretArn }),
    webhookUrl,
    fingerprint: keyFingerprint,
    record: (change) => recordDeploymentChange(call, change),
  };
}

/** @throws UsageError if there is no App yet */
export async function needApp(vault: AppVault): Promise<AppSecret> {
  const app = await vault.app();
  if (app) return app;
  throw new UsageError('There is no GitHub App yet. Create one: npx mayfly setup');
}

/** PEM, or base64 of it, with any line endings. @throws UsageError if it is neither */
export function readKeyFile(path: string): string {
  const key = readPrivateKey(readFile(path));
  if (key) return key;
  throw new UsageError(`${path} does not contain a private key. It must be ${privateKeyForms}.`);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`The key file ${path} cannot be read: ${(cause as Error).message}`);
  }
}
