/** What SQS's errors mean: one table. Errors that it does not list are retryable. */
import { OperationalError } from '../../ports/errors.ts';

/** Sending the same message again cannot help. */
const permanent = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidMessageContents',
  'InvalidParameterValue',
  'InvalidSecurity',
  'QueueDoesNotExist',
  'UnsupportedOperation',
]);

export function operationalError(error: unknown, queue: string): OperationalError {
  const { name: code, message } = error instanceof Error ? error : new Error(String(error));
  return new OperationalError(`Sending to the queue ${queue} failed: ${code}: ${message}`, {
    code,
    retryable: !permanent.has(code),
    cause: error,
  });
}
