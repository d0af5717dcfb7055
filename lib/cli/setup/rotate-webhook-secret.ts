/**
 * `mayfly rotate-webhook-secret`: a new secret without losing an event. The functions learn the new one first, while the
 * old one stays good; only when every copy must have read it is GitHub told to sign with it.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createAppClient } from '../../adapters/github/app-client.ts';
import { appPrivateKey } from '../../adapters/secrets-manager/app-private-key.ts';
import { githubApiUrl } from '../../config/github-api-url.ts';
import type { AppSecret } from '../../contract/secrets.ts';
import { awsOptions } from '../aws-clients.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { readOutputs } from './deployment-outputs.ts';
import { putSecret } from './stored-app.ts';

/** Functions keep a secret for five minutes; one more for clocks. */
const spreadSeconds = 360;

export const rotateWebhookSecret: Command = {
  name: 'rotate-webhook-secret',
  summary: 'a new webhook secret, without losing an event',
  help: `
mayfly rotate-webhook-secret    stores a new secret, waits ${spreadSeconds / 60} minutes until every function knows it, and tells GitHub

Until GitHub signs with the new secret the old one is taken too, and for the time after that as well: run it twice if the
old secret has leaked. --wait SECONDS changes the wait.
`,
  options: { wait: { type: 'string', default: String(spreadSeconds) } },
  async run(call) {
    const seconds = Number(call.options['wait']);
    if (!Number.isInteger(seconds) || seconds < 0) {
      throw new UsageError(
        `--wait is ${JSON.stringify(call.options['wait'])}; it must be a whole number of seconds.`,
      );
    }
    const outputs = await readOutputs(call);
    const app = await readApp(call, outputs.appSecretArn);
    const secret = randomBytes(36).toString('base64url');
    await putSecret(call, outputs.webhookSecretArn, secret);
    call.io.out(
      `The new secret is stored; GitHub is told in ${seconds} s, when every function has read it …\n`,
    );
    await sleep(seconds * 1000);
    await tellGitHub(call, app, secret);
    call.io.out('GitHub signs with the new secret.\n');
    return 0;
  },
};

async function readApp(call: CommandCall, arn: string): Promise<{ appId: string; privateKey: string }> {
  const client = new SecretsManagerClient(awsOptions(call));
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  const { appId = call.config.githubAppId } = JSON.parse(SecretString) as AppSecret;
  return { appId, privateKey: appPrivateKey(SecretString) };
}

async function tellGitHub(
  call: CommandCall,
  app: { appId: string; privateKey: string },
  secret: string,
): Promise<void> {
  const { config } = call;
  const client = createAppClient({
    apiUrl: config.githubApiUrl ?? githubApiUrl(config.githubHost),
    appId: app.appId,
    privateKey: async () => app.privateKey,
  });
  await client.asApp('PATCH /app/hook/config', { secret }).catch((cause: Error) => {
    throw new UsageError(
      `GitHub was not told (${cause.message}). Both secrets are taken as before; run the command again, or set the new one on the App's settings page.`,
    );
  });
}
