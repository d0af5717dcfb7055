/** What every Secret promises, held against the fake and against Secrets Manager's protocol. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryClock, type MemoryClock } from '../../lib/adapters/memory/clock.ts';
import { createMemorySecret } from '../../lib/adapters/memory/secrets.ts';
import { createSecretsManagerClient } from '../../lib/adapters/secrets-manager/client.ts';
import { createSecret } from '../../lib/adapters/secrets-manager/secret.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { jsonAnswer } from '../../lib/local/aws/json-answer.ts';
import { AwsError, type AwsService } from '../../lib/local/aws/service.ts';
import type { Secret } from '../../lib/ports/secrets.ts';

const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ticket-AbCdEf';

interface World {
  readonly secret: Secret;
  rotate(value: string): void;
  fail(): void;
  recover(): void;
}

let endpoint: AwsEndpoint;
/** What the stand-in holds: the current value and, once rotated, the previous one. */
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

function inMemory(clock: MemoryClock): World {
  const secret = createMemorySecret({ value: 'first', clock });
  return { secret, rotate: secret.rotate, fail: secret.fail, recover: secret.recover };
}

function onSecretsManager(clock: MemoryClock): World {
  stored = ['first'];
  failing = false;
  const client = createSecretsManagerClient({ AWS_ENDPOINT_URL: endpoint.url });
  return {
    secret: createSecret({ client, arn, clock }),
    rotate: (value) => {
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

describe.each([
  { name: 'in memory', open: inMemory },
  { name: 'in Secrets Manager', open: onSecretsManager },
])('a secret $name', ({ open }) => {
  let clock: MemoryClock;
  let world: World;
  beforeEach(() => {
    clock = createMemoryClock();
    world = open(clock);
  });

  it('has one value before its first rotation', async () => {
    expect(await world.secret.values()).toEqual(['first']);
  });

  it('is seen to rotate after five minutes, and keeps the previous value', async () => {
    await world.secret.values();
    world.rotate('second');
    clock.advance(299_999);
    expect(await world.secret.values()).toEqual(['first']);
    clock.advance(1);
    expect(await world.secret.values()).toEqual(['second', 'first']);
    world.rotate('third');
    clock.advance(300_000);
    expect(await world.secret.values()).toEqual(['third', 'second']);
  });

  it('may be read early, at most once a minute', async () => {
    await world.secret.values();
    world.rotate('second');
    expect(await world.secret.refresh()).toBe(false);
    clock.advance(60_000);
    expect(await world.secret.refresh()).toBe(true);
    expect(await world.secret.refresh()).toBe(false);
    expect(await world.secret.values()).toEqual(['second', 'first']);
  });

  it('keeps what it read while it cannot be read again', async () => {
    await world.secret.values();
    world.fail();
    clock.advance(300_000);
    expect(await world.secret.values()).toEqual(['first']);
    world.recover();
    world.rotate('second');
    clock.advance(300_000);
    expect(await world.secret.values()).toEqual(['second', 'first']);
  });

  it('throws where it was never read', async () => {
    world.fail();
    await expect(world.secret.values()).rejects.toMatchObject({ name: 'OperationalError' });
    world.recover();
    expect(await world.secret.values()).toEqual(['first']);
  });
});
