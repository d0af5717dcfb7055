/** What S3's errors mean: one table. What it does not list is worth a retry. */
import { OperationalError } from '../../ports/errors.ts';

/** The same call cannot succeed. */
const permanent = new Set([
  'AccessDenied',
  'AllAccessDisabled',
  'InvalidBucketName',
  'MethodNotAllowed',
  'NoSuchBucket',
  'SignatureDoesNotMatch',
]);

/** What was sent is not what its checksum or its length says. */
const mismatches = new Set([
  'BadDigest',
  'IncompleteBody',
  'InvalidDigest',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
]);

export const isMismatch = (error: unknown) => mismatches.has(codeOf(error));
export const isMissing = (error: unknown) => codeOf(error) === 'NoSuchKey';

const codeOf = (error: unknown) => (error instanceof Error ? error.name : '');

export function operationalError(error: unknown, action: string): OperationalError {
  if (error instanceof OperationalError) return error;
  const { name: code, message } = error instanceof Error ? error : new Error(String(error));
  return new OperationalError(`S3 ${action} failed: ${code}: ${message}`, {
    code,
    retryable: !permanent.has(code),
    cause: error,
  });
}
