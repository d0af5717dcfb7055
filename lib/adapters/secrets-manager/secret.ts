/**
 * A secret of Secrets Manager: its current value and, after a rotation, the previous one. Cached for five minutes, and
 * refreshed early at most once a minute, so that forged traffic cannot increase the bill. While Secrets Manager is
 * unreachable, the values read last stay in use.
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

  /** Concurrent callers share one read. */
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
      // Values of five minutes ago are better than no service. If they are wrong by now, `refresh` throws the reason.
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
