/**
 * What DynamoDB's errors mean, in one table. An unknown error counts as retryable: one attempt too many is better than a
 * job dropped for an error that nobody has seen before.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import { OperationalError } from '../../ports/errors.ts';

/** Retrying cannot help: the request, the permissions or the tables are wrong. Includes codes of statements in a batch. */
const final = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'IncompleteSignature',
  'ItemCollectionSizeLimitExceeded',
  'ItemCollectionSizeLimitExceededException',
  'MissingAuthenticationToken',
  'ResourceNotFound',
  'ResourceNotFoundException',
  'SerializationException',
  'UnreadableRow',
  'UnrecognizedClientException',
  'ValidationError',
  'ValidationException',
]);

/** Conflicts with another write to the same row. They pass in milliseconds, so they are retried here a few times. */
const conflicts = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
]);
/**
 * Throttling. For a hot key DynamoDB may return any of these, in on-demand mode too, and does not document which:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing-workflow.html
 */
const throttles = new Set([
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingError',
  'ThrottlingException',
  'InternalServerError',
]);

/** The request itself is malformed: invalid Unicode, or a value out of bounds. */
const ofTheRequest = new Set(['SerializationException', 'ValidationError', 'ValidationException']);

export const isOfTheRequest = (code: string) => ofTheRequest.has(code);
export const isRetryable = (code: string) => !final.has(code);
export const isConflict = (code: string) => conflicts.has(code);
/** For one statement of a batch, or one item of a transaction: the SDK retries only whole calls. */
export const passesSoon = (code: string) => conflicts.has(code) || throttles.has(code);

export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Unknown';
}

/** @param doing completes "DynamoDB failed at …" */
export function operational(doing: string, cause: unknown): OperationalError {
  if (cause instanceof OperationalError) return cause;
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  return new OperationalError(`DynamoDB failed at ${doing}: ${code}: ${message}`, {
    code,
    retryable: isRetryable(code),
    cause,
  });
}

/** For an error whose code came in a successful answer. */
export function operationalCode(doing: string, code: string, message = ''): OperationalError {
  return new OperationalError(`DynamoDB failed at ${doing}: ${code}: ${message}`, {
    code,
    retryable: isRetryable(code),
  });
}
