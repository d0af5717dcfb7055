/**
 * What the host of a function and the process that runs it say to each other. The outcome comes over their
 * channel, log lines over the process's output; a line that ends an invocation's output ties the two together.
 */
export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly functionArn: string;
}

/** What the host hears. */
export type RuntimeMessage =
  | {
      readonly kind: 'ready';
      readonly loadMilliseconds: number;
      /** Processor time, this process's start included. */
      readonly processorMilliseconds: number;
    }
  | { readonly kind: 'init-failed'; readonly error: InvocationError }
  /** `payload` is JSON. */
  | {
      readonly kind: 'result';
      readonly requestId: string;
      readonly payload: string;
      readonly processorMilliseconds: number;
    }
  | { readonly kind: 'failure'; readonly requestId: string; readonly error: InvocationError };

export interface InvocationError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
