/**
 * A secret of Secrets Manager: its current value and, after a rotation, the previous one. Cached for five
 * minutes, and read again early at most once a minute, so that forged traffic cannot drive up the bill. While
 * Secrets Manager cannot be reached, values that were read before stay good.
 */
import type { AwsJson } from '../../ports/aws-json.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Secret } from '../../ports/secrets.ts';

const cacheMilliseconds = 5 * 60_000;
const refreshMilliseconds = 60_000;

export function createSecret(options: { secrets: AwsJson; arn: string; clock: Clock }): Secret {
  const { secrets, arn, clock } = options;
  let values: readonly string[] | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<readonly string[]> | undefined;

  /** Callers that come while a read is under way share it. */
  function read(): Promise<readonly string[]> {
    reading ??= readBoth(secrets, arn)
      .then((read) => {
        values = read;
        return read;
      })
      .finally(() => {
        reading = undefined;
      });
    triedAt = clock.now();
    return reading;
  }

  const olderThan = (milliseconds: number) => clock.now() - triedAt >= milliseconds;

  return {
    async values() {
      if (!values) return read();
      if (!olderThan(cacheMilliseconds)) return values;
      // What was good five minutes ago is better than no service. Should it be wrong by now, `refresh` says
      // why.
      return read().catch(() => values as readonly string[]);
    },
    async refresh() {
      if (!olderThan(refreshMilliseconds)) return false;
      await read();
      return true;
    },
  };
}

async function readBoth(secrets: AwsJson, arn: string): Promise<readonly string[]> {
  const [current, previous] = await Promise.all([
    readStage({ secrets, arn, stage: 'AWSCURRENT' }),
    readStage({ secrets, arn, stage: 'AWSPREVIOUS' }).catch((error: unknown) => {
      // A secret that was never rotated has no previous version.
      if (error instanceof OperationalError && error.code === 'ResourceNotFoundException') return undefined;
      throw error;
    }),
  ]);
  if (!current) {
    throw new OperationalError(`The secret ${arn} is empty; put a value in with put-secret-value.`, {
      code: 'EmptySecret',
      retryable: false,
    });
  }
  return previous ? [current, previous] : [current];
}

async function readStage(options: {
  secrets: AwsJson;
  arn: string;
  stage: 'AWSCURRENT' | 'AWSPREVIOUS';
}): Promise<string | undefined> {
  const { secrets, arn, stage } = options;
  try {
    const { SecretString } = await secrets.call('GetSecretValue', { SecretId: arn, VersionStage: stage });
    return typeof SecretString === 'string' ? SecretString : undefined;
  } catch (cause) {
    const { name: code, message } = cause as Error;
    throw new OperationalError(`The secret ${arn} (${stage}) cannot be read: ${code}: ${message}`, {
      code,
      retryable: !permanent.has(code),
      cause,
    });
  }
}

/** Reading again cannot help. */
const permanent = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'DecryptionFailure']);
