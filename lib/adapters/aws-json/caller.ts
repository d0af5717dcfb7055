/**
 * Calls an AWS service with JSON: signed, with bounded waits, and with up to three attempts for errors that may pass, like the
 * SDK. For services of which a function calls only one or two actions. It reads the process's credentials for each call, so
 * that new ones are used at once.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTooLarge } from '../../core/bounded-body.ts';
import type { AwsJson } from '../../ports/aws-json.ts';
import { noRetryBudget, type RetryBudget, type RetryKind } from './retry-budget.ts';
import { type HttpAnswer, sendOnce } from './send-once.ts';
import { endpointOf, type JsonService, jsonServices, regionOf, type Variables } from './services.ts';
import { type Credentials, signedHeaders } from './sign-request.ts';

export interface AwsJsonOptions {
  readonly service: keyof typeof jsonServices;
  /** Timeout of one attempt. */
  readonly answerMilliseconds?: number;
  /** Longest pauses before the second attempt; they double before each further one. */
  readonly pauses?: Pauses;
  /** Each call gets a new connection. The server may have closed an idle one, and without retries the call would fail. */
  readonly isAlwaysFresh?: boolean;
  /** Absent: each call has its three attempts. */
  readonly budget?: RetryBudget;
  /** How bodies are written and read, if plain JSON cannot represent all values. */
  readonly format?: Format;
  /**
   * Sends the X-Ray trace header, as the SDK does, by which Lambda detects and stops recursive loops. Not for queues, where
   * messages may come back by design.
   */
  readonly isTraced?: boolean;
  readonly variables?: Variables;
  /** At least 0, below 1. */
  readonly fraction?: () => number;
}

/** Milliseconds. */
export type Pauses = Readonly<Record<RetryKind, number>>;

export interface Format {
  write(input: object): string;
  /** @throws SyntaxError */
  read(body: string): unknown;
}

const maxTries = 3;
const connectMilliseconds = 1_000;
/** Three attempts of at most this; GitHub waits 10 s for an answer. */
const usualAnswerMilliseconds = 2_500;
/** The largest response: DynamoDB's 16 MB, a third longer in base64. */
const mostAnswerBytes = 24 * 1024 * 1024;
/** Jittered, so that callers don't collide again. */
const usualPauses: Pauses = { usual: 100, throttled: 100 };
const plainJson: Format = { write: JSON.stringify, read: JSON.parse };

export function createAwsJson(options: AwsJsonOptions): AwsJson {
  const { variables = process.env, fraction = Math.random } = options;
  const { answerMilliseconds = usualAnswerMilliseconds, pauses = usualPauses } = options;
  const { format = plainJson, budget = noRetryBudget } = options;
  const service: JsonService = jsonServices[options.service];
  const endpoint = endpointOf(service, variables);
  const region = regionOf(variables);

  async function tryOnce(action: string, body: string, isFresh: boolean): Promise<HttpAnswer> {
    const { name, method, contentType, target } = service;
    const path = target === undefined ? `/${action}` : '/';
    const trace = options.isTraced && variables['_X_AMZN_TRACE_ID'];
    const headers = signedHeaders({
      method,
      path,
      headers: {
        'content-type': contentType,
        host: endpoint.host,
        ...(target === undefined ? {} : { 'x-amz-target': `${target}.${action}` }),
      },
      body,
      service: name,
      region,
      credentials: credentialsOf(variables),
      at: Date.now(),
    });
    headers['content-length'] = String(Buffer.byteLength(body));
    // Not signed, as by the SDK: a hop may extend it.
    if (trace) headers['x-amzn-trace-id'] = trace;
    const url = path === '/' ? endpoint : new URL(path, endpoint);
    const bounds = { connectMilliseconds, answerMilliseconds, mostAnswerBytes };
    return sendOnce({ url, method, headers, body, isFresh, ...bounds });
  }

  return {
    async call(action, input) {
      const body = format.write(input);
      let retried: RetryKind | undefined;
      for (let tries = 1; ; tries++) {
        // A retry uses a new connection: while a function is frozen, the server may close all idle ones.
        const outcome = await tryOnce(action, body, tries > 1 || options.isAlwaysFresh === true).then(
          (answer) => outcomeOf(answer, format),
          (cause: Error) => noAnswer(endpoint, cause),
        );
        if ('output' in outcome) {
          budget.giveBack(retried);
          return outcome.output;
        }
        retried = outcome.passes;
        if (!retried || tries === maxTries || !budget.take(retried)) throw outcome.error;
        await sleep(fraction() * pauses[retried] * 2 ** (tries - 1));
      }
    },
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

type Outcome =
  | { readonly output: Readonly<Record<string, unknown>> }
  /** passes: another attempt may help, after a pause of this kind. */
  | { readonly error: Error; readonly passes: RetryKind | undefined };

/** The service's transient errors; it answers others with a status of 500 and above. */
const throttles =
  /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|SlowDown|TransactionInProgress/;
const timeouts = /RequestTimeout/;

function outcomeOf(answer: HttpAnswer, format: Format): Outcome {
  const { status, headers, body } = answer;
  const read = body === '' ? {} : parsed(body, format);
  if (status >= 200 && status < 300)
    return read ? { output: read } : { error: unreadable(answer), passes: 'usual' };
  const fields = read ?? {};
  const code = codeOf(headers['x-amzn-errortype'] ?? fields['__type'] ?? fields['code']) ?? `Status${status}`;
  const error = new Error(String(fields['message'] ?? fields['Message'] ?? body.slice(0, 200)));
  error.name = code;
  Object.assign(error, { fields });
  if (status === 429 || throttles.test(code)) return { error, passes: 'throttled' };
  return { error, passes: status >= 500 || timeouts.test(code) ? 'usual' : undefined };
}

/** A success that is not JSON, such as a proxy's page. If it counted as an empty answer, rows would seem to be missing. */
function unreadable({ headers, body }: HttpAnswer): Error {
  // The message does not quote the body, which may contain a secret.
  const error = new Error(
    `The answer is not JSON: ${body.length} characters of ${headers['content-type'] ?? 'unknown type'}`,
  );
  error.name = 'UnreadableAnswer';
  return error;
}

/** It is unknown whether the action took effect. Every action called this way is safe to repeat. */
function noAnswer(endpoint: URL, cause: Error): Outcome {
  if (cause.name === 'TimeoutError') return { error: cause, passes: 'usual' };
  // The next answer would be as large.
  if (isTooLarge(cause)) return { error: cause, passes: undefined };
  const error = new Error(`${endpoint.origin} could not be reached: ${cause.message}`, { cause });
  error.name = 'Unreachable';
  return { error, passes: 'usual' };
}

/** `com.amazonaws.sqs#QueueDoesNotExist`, or `ThrottlingException:http://…`. */
const codeOf = (type: unknown) => /(?:.*#)?([A-Za-z0-9._]+)/.exec(String(type ?? ''))?.[1];

function parsed(body: string, format: Format): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = format.read(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
