/**
 * Requests to one AWS service: signed, with bounded waits, and some attempts where another can help, as the SDK makes them.
 * It reads the process's credentials for each attempt, so that new ones are used at once. What an answer means, the caller says.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { noRetryBudget, type RetryBudget, type RetryKind } from './retry-budget.ts';
import { type HttpAnswer, sendOnce } from './send-once.ts';
import { regionOf, type Variables } from './services.ts';
import { type Credentials, signedHeaders } from './sign-request.ts';

/** What callers may set. */
export interface CallOptions {
  /** For one attempt. */
  readonly answerMilliseconds?: number;
  /** Longest pauses before the second attempt; they double before each further one. */
  readonly pauses?: Pauses;
  /** Absent: each call has all of its attempts. */
  readonly budget?: RetryBudget;
  /** Absent: three. */
  readonly attempts?: number;
  /** A connection for each attempt. Absent: connections are kept. */
  readonly isFresh?: boolean;
  /**
   * Sends along which invocation calls, as the SDK does. With it, Lambda stops functions that call each other in a circle:
   * not for queues, over which messages may come back by design.
   */
  readonly isTraced?: boolean;
  readonly variables?: Variables;
  /** At least 0, below 1. */
  readonly fraction?: () => number;
}

/** Milliseconds. */
export type Pauses = Readonly<Record<RetryKind, number>>;

export interface AwsRequest {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Besides those of the signature. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal?: AbortSignal;
}

export type Outcome<Output> =
  | { readonly output: Output }
  /** passes: another attempt may help, after a pause of this kind. */
  | { readonly error: Error; readonly passes: RetryKind | undefined };

/** @throws the outcome's error, or one named `TimeoutError` or `Unreachable` where there was no answer */
export type SignedCall = <Output>(
  request: AwsRequest,
  read: (answer: HttpAnswer) => Outcome<Output>,
) => Promise<Output>;

const connectMilliseconds = 1_000;
/** Three attempts of at most this; GitHub waits 10 s for an answer. */
const usualAnswerMilliseconds = 2_500;
/** Jittered, so that callers don't collide again. */
const usualPauses: Pauses = { usual: 100, throttled: 100 };
const usualAttempts = 3;

export function createSignedCall(
  { service, endpoint }: { readonly service: string; readonly endpoint: URL },
  options: CallOptions,
): SignedCall {
  const { variables = process.env, fraction = Math.random, attempts = usualAttempts } = options;
  const { answerMilliseconds = usualAnswerMilliseconds, pauses = usualPauses, isFresh = false } = options;
  const { budget = noRetryBudget } = options;
  const region = regionOf(variables);

  async function attempt({ method, path, headers: given, body, signal }: AwsRequest): Promise<HttpAnswer> {
    const trace = options.isTraced && variables['_X_AMZN_TRACE_ID'];
    const headers = signedHeaders({
      ...{ method, path, body, service, region },
      headers: { ...given, host: endpoint.host, ...(trace ? { 'x-amzn-trace-id': trace } : {}) },
      credentials: credentialsOf(variables),
      at: Date.now(),
    });
    headers['content-length'] = String(Buffer.byteLength(body));
    const url = path === '/' ? endpoint : new URL(path, endpoint);
    const bounds = { connectMilliseconds, answerMilliseconds, ...(signal ? { signal } : {}) };
    return sendOnce({ url, method, headers, body, isFresh, ...bounds });
  }

  return async (request, read) => {
    let retried: RetryKind | undefined;
    for (let tries = 1; ; tries++) {
      const outcome = await attempt(request).then(read, (cause: Error) =>
        noAnswer(endpoint, cause, request.signal),
      );
      if ('output' in outcome) {
        budget.giveBack(retried);
        return outcome.output;
      }
      retried = outcome.passes;
      if (!retried || tries >= attempts || !budget.take(retried)) throw outcome.error;
      await sleep(fraction() * pauses[retried] * 2 ** (tries - 1));
    }
  };
}

/** Lambda's own keys. A function without them is misconfigured, and retrying cannot help. */
function credentialsOf(variables: Variables): Credentials {
  return {
    accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
    sessionToken: variables['AWS_SESSION_TOKEN'],
  };
}

/** It is unknown whether the service did what it was asked; every action that is tried again may safely happen twice. */
function noAnswer(endpoint: URL, cause: Error, signal: AbortSignal | undefined): Outcome<never> {
  if (signal?.aborted) return { error: cause, passes: undefined };
  if (cause.name === 'TimeoutError') return { error: cause, passes: 'usual' };
  const error = new Error(`${endpoint.origin} could not be reached: ${cause.message}`, { cause });
  error.name = 'Unreachable';
  return { error, passes: 'usual' };
}

/** Errors of a service that pass; it answers others with a status of 500 and above. */
const throttles =
  /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|SlowDown|TransactionInProgress/;
const timeouts = /RequestTimeout/;

/** Whether another attempt may help after an error of the service. */
export function passingKind(code: string, status: number): RetryKind | undefined {
  if (status === 429 || throttles.test(code)) return 'throttled';
  return status >= 500 || timeouts.test(code) ? 'usual' : undefined;
}
