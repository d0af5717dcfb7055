/** GitHub as the App that this deployment has stored, as the platform's functions ask it. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { givenApp } from '../../adapters/github/app-client.ts';
import { createGitHub } from '../../adapters/github/github.ts';
import { createAppVault } from '../../adapters/secrets-manager/app-vault.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import { awsOptions } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';
import { readOutputs } from '../setup/deployment-outputs.ts';
import { needApp } from '../setup/deps.ts';

/** @throws UsageError where nothing is deployed, or no App is stored */
export async function platformGitHub(call: CommandCall): Promise<GitHub> {
  const { appSecretArn, webhookSecretArn, githubApiUrl: apiUrl } = await readOutputs(call);
  const client = new SecretsManagerClient(awsOptions(call));
  const app = givenApp(await needApp(createAppVault({ client, appSecretArn, webhookSecretArn })));
  return createGitHub({ apiUrl, app, clock: systemClock });
}

/** In words: what GitHub refused. */
export function refusalText<Value>(answer: Answer<Value>): string {
  if (answer.ok) return '';
  const { refusal } = answer;
  return refusal.kind === 'limited'
    ? `GitHub limits calls for ${refusal.retryAfterSeconds} s`
    : `${refusal.kind}: ${refusal.message}`;
}
