/** The GitHub App as an operator enters it after the deploy: by the CLI, from a key file, tried at GitHub first. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { runCommand } from '../../../../lib/cli/run-command.ts';
import { readOutputs } from '../../../../lib/cli/setup/deployment-outputs.ts';
import { setup } from '../../../../lib/cli/setup/setup.ts';
import type { Deployed } from './drive.ts';

/** @returns the webhook's secret, and its URL as this machine can reach it */
export async function enterApp(deployed: Deployed): Promise<{ url: string; secret: string }> {
  const { endpoint, config, github, folder } = deployed;
  const said: string[] = [];
  const io = { out: (text: string) => void said.push(text), error: (text: string) => void said.push(text) };
  const world = { config, io, environment: { ...process.env, AWS_ENDPOINT_URL: endpoint } };
  const key = join(folder, 'app.pem');
  writeFileSync(key, github.privateKeyPem, { mode: 0o600 });
  const status = await runCommand([setup], ['setup', '--app-id', String(github.appId), '--key', key], world);
  if (status !== 0) throw new Error(`mayfly setup ended with ${status}: ${said.join('')}`);
  const outputs = await readOutputs({ ...world, options: {}, positionals: [] });
  const client = new SecretsManagerClient({ endpoint });
  const answer = await client.send(new GetSecretValueCommand({ SecretId: outputs.webhookSecretArn }));
  const [urlId] = new URL(outputs.webhookUrl).hostname.split('.');
  return { url: `${endpoint}/_aws/lambda-url/${urlId}/`, secret: answer.SecretString ?? '' };
}
