/** What S3's errors mean: one table. Errors that it does not list are retryable. */
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

/** The bytes do not match their checksum or their length. */
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
