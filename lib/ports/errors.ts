/**
 * An operation on something outside failed, for no reason that the rules know. `retryable` is true unless the
 * service said that trying again cannot help.
 */
export class OperationalError extends Error {
  override readonly name = 'OperationalError';
  readonly code: string;
  readonly retryable: boolean;

  constructor(message: string, options: { code: string; retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.retryable = options.retryable;
  }
}
