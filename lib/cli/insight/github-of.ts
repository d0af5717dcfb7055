/** GitHub, as the App that this deployment stores, for commands that ask it questions. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { givenApp } from '../../adapters/github/app-client.ts';
import { createGitHub } from '../../adapters/github/github.ts';
import { createOperatorGitHub, type OperatorGitHub } from '../../adapters/github/operator-github.ts';
import { createAppVault } from '../../adapters/secrets-manager/app-vault.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import { awsOptions } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';
import { type DeploymentOutputs, readOutputs } from '../setup/deployment-outputs.ts';
import { needApp } from '../setup/deps.ts';

export interface GitHubOf {
  /** The client that the platform's functions use. */
  readonly platform: GitHub;
  readonly operator: OperatorGitHub;
  readonly outputs: DeploymentOutputs;
}

/** @throws UsageError if nothing is deployed, or no App is stored */
export async function githubOf(call: CommandCall): Promise<GitHubOf> {
  const outputs = await readOutputs(call);
  const { appSecretArn, webhookSecretArn, githubApiUrl: apiUrl } = outputs;
  const client = new SecretsManagerClient(awsOptions(call));
  const app = givenApp(await needApp(createAppVault({ client, appSecretArn, webhookSecretArn })));
  const options = { apiUrl, app, clock: systemClock };
  return { platform: createGitHub(options), operator: createOperatorGitHub(options), outputs };
}

/** GitHub's refusal, in words. */
export function refusalText<Value>(answer: Answer<Value>): string {
  if (answer.ok) return '';
  const { refusal } = answer;
  return refusal.kind === 'limited'
    ? `GitHub limits calls for ${refusal.retryAfterSeconds} s`
    : `${refusal.kind}: ${refusal.message}`;
}
