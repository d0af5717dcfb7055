/**
 * A call to an outside service failed, and not as an expected outcome. `retryable` is true unless the service said
 * that trying again cannot help.
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

/** A manual edit broke a row; the message names it, and how to correct it. */
export const isUnreadable = (error: unknown): error is OperationalError =>
  error instanceof OperationalError && error.code === 'UnreadableRow';
