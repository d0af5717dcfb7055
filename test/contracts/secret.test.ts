/**
 * What every Secret promises, tested on the fake and with Secrets Manager's protocol; or, if MAYFLY_TEST_SECRETS_URL
 * is set, on somebody else's imitation of Secrets Manager at that address.
 */
import { afterAll, beforeAll } from '@jest/globals';
import { createAwsJson } from '../../lib/adapters/aws-json/caller.ts';
import { createSecret } from '../../lib/adapters/secrets-manager/secret.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { jsonAnswer } from '../../lib/local/aws/json-answer.ts';
import { AwsError, type AwsService } from '../../lib/local/aws/service.ts';
import type { MemoryClock } from '../fakes/clock.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { type SecretWorld, secretContract } from './secret.contract.ts';
import { onOtherSecrets } from './support/other-secrets.ts';

const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ticket-AbCdEf';

let endpoint: AwsEndpoint;
/** The stand-in's content: the current value and, after a rotation, the previous one. */
let stored: string[] = [];
let failing = false;

const secretsManager: AwsService = {
  service: 'secretsmanager',
  questions: () => [],
  handle: async ({ input }) => {
    if (failing) throw new AwsError('AccessDeniedException', 'No.', 400);
    const value = stored[input['VersionStage'] === 'AWSPREVIOUS' ? 1 : 0];
    if (input['SecretId'] !== arn || value === undefined) {
      throw new AwsError(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret value.",
      );
    }
    return jsonAnswer({ ARN: arn, SecretString: value });
  },
};

beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    region: 'eu-west-1',
    accountId: '111122223333',
    services: [secretsManager],
  });
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['AWS_ACCESS_KEY_ID'] = endpoint.operatorCredentials.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = endpoint.operatorCredentials.secretAccessKey;
});
afterAll(() => endpoint.close());

function inMemory(clock: MemoryClock): SecretWorld {
  const secret = createMemorySecret({ value: 'first', clock });
  return {
    secret,
    rotate: async (value) => secret.rotate(value),
    fail: secret.fail,
    recover: secret.recover,
  };
}

function onSecretsManager(clock: MemoryClock): SecretWorld {
  stored = ['first'];
  failing = false;
  const variables = { ...process.env, AWS_ENDPOINT_URL: endpoint.url };
  const secrets = createAwsJson({ service: 'secretsManager', variables });
  return {
    secret: createSecret({ secrets, arn, clock }),
    rotate: async (value) => {
      stored = [value, ...stored.slice(0, 1)];
    },
    fail: () => {
      failing = true;
    },
    recover: () => {
      failing = false;
    },
  };
}

const otherSecrets = process.env['MAYFLY_TEST_SECRETS_URL'];
if (otherSecrets) {
  secretContract("in another's Secrets Manager", (clock) => onOtherSecrets(otherSecrets, clock));
} else {
  secretContract('in memory', inMemory);
  secretContract('in Secrets Manager', onSecretsManager);
}
