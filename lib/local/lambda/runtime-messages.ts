/**
 * The messages between the host of a function and the process that runs it. The outcome comes over their channel, log
 * lines over the process's output; a line that ends an invocation's output connects the two.
 */
export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly functionArn: string;
}

/** What the host receives. */
export type RuntimeMessage =
  | {
      readonly kind: 'ready';
      readonly loadMilliseconds: number;
      /** Processor time, including the process's start. */
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
