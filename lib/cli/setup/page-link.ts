/**
 * `mayfly setup --page`: a link to the setup page, signed with a secret that only operators can read. Anyone with the
 * link can set the deployment's App, once, within half an hour, so it is only printed to the terminal.
 */
import { userInfo } from 'node:os';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createSetupTokens } from '../../adapters/identity/setup-tokens.ts';
import { createSecret } from '../../adapters/secrets-manager/secret.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { setupMilliseconds } from '../../core/setup-claims.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import { awsOptions } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';
import type { DeploymentOutputs } from './deployment-outputs.ts';
import { setupDeps } from './deps.ts';
import { refuseReplacing } from './refuse-replacing.ts';

export async function printPageLink(call: CommandCall, outputs: DeploymentOutputs): Promise<void> {
  const replaces = call.options['replace'] === true;
  const stored = await setupDeps(call, outputs).vault.app();
  if (!replaces) refuseReplacing(stored, 'npx mayfly setup --page --replace');
  const secret = createSecret({ secrets: asOperator(call), arn: outputs.setupSecretArn, clock: systemClock });
  const issuedAt = systemClock.now();
  const key = await createSetupTokens({ secret }).sign('link', {
    issuedAt,
    by: userInfo().username,
    replaces,
    browser: '',
    expiresAt: issuedAt + setupMilliseconds,
  });
  call.io.out(
    `Open this link within ${setupMilliseconds / 60_000} minutes. Do not share it: anyone who opens it can set up the App.\n\n  ${outputs.setupPageUrl}?key=${key}\n`,
  );
}

/** Uses the operator's own credentials, wherever the AWS CLI would find them. */
function asOperator(call: CommandCall): AwsJson {
  const client = new SecretsManagerClient(awsOptions(call));
  return {
    async call(_action, input) {
      const { SecretString } = await client.send(new GetSecretValueCommand(input as { SecretId: string }));
      return { SecretString };
    },
  };
}
