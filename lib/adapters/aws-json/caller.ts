/**
 * Calls a service of AWS with JSON: signed, with bounded waits, and three tries where another one can help, as the SDK makes
 * them. For services of which a function calls one or two actions. The credentials are those of the process, read for each
 * call, so that new ones are used as soon as they are there.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsJson } from '../../ports/aws-json.ts';
import { type HttpAnswer, sendOnce } from './send-once.ts';
import { endpointOf, type JsonService, jsonServices, regionOf, type Variables } from './services.ts';
import { type Credentials, signedHeaders } from './sign-request.ts';

export interface AwsJsonOptions {
  readonly service: keyof typeof jsonServices;
  /** For one try. */
  readonly answerMilliseconds?: number;
  readonly variables?: Variables;
  /** From 0 to less than 1. */
  readonly fraction?: () => number;
}

const maxTries = 3;
const connectMilliseconds = 1_000;
/** Three tries of so long at most, and GitHub waits 10 s for an answer. */
const usualAnswerMilliseconds = 2_500;
/** Before the second try; twice that before the third. A chance share of it, so that callers do not meet again. */
const firstPauseMilliseconds = 100;

export function createAwsJson(options: AwsJsonOptions): AwsJson {
  const { variables = process.env, fraction = Math.random } = options;
  const { answerMilliseconds = usualAnswerMilliseconds } = options;
  const service: JsonService = jsonServices[options.service];
  const endpoint = endpointOf(service, variables);
  const region = regionOf(variables);

  async function tryOnce(action: string, body: string): Promise<HttpAnswer> {
    const { name, method, contentType, target } = service;
    const path = target === undefined ? `/${action}` : '/';
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
    const url = path === '/' ? endpoint : new URL(path, endpoint);
    return sendOnce({ url, method, headers, body, connectMilliseconds, answerMilliseconds });
  }

  return {
    async call(action, input) {
      const body = JSON.stringify(input);
      for (let tries = 1; ; tries++) {
        const outcome = await tryOnce(action, body).then(outcomeOf, (cause: Error) =>
          noAnswer(endpoint, cause),
        );
        if ('output' in outcome) return outcome.output;
        if (!outcome.passes || tries === maxTries) throw outcome.error;
        await sleep(fraction() * firstPauseMilliseconds * 2 ** (tries - 1));
      }
    },
  };
}

/** Lambda's own keys. A function that has none is not set up, and no later try would find any. */
function credentialsOf(variables: Variables): Credentials {
  return {
    accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
    sessionToken: variables['AWS_SESSION_TOKEN'],
  };
}

type Outcome =
  | { readonly output: Readonly<Record<string, unknown>> }
  /** passes: another try may help. */
  | { readonly error: Error; readonly passes: boolean };

/** Errors of the service that pass by themselves; the other ones are answered with a status of 500 and more. */
const passing = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|RequestTimeout|TransactionInProgress/;

function outcomeOf({ status, headers, body }: HttpAnswer): Outcome {
  if (status >= 200 && status < 300) return { output: parsed(body) ?? {} };
  const fields = parsed(body) ?? {};
  const code = codeOf(headers['x-amzn-errortype'] ?? fields['__type'] ?? fields['code']) ?? `Status${status}`;
  const error = new Error(String(fields['message'] ?? fields['Message'] ?? body.slice(0, 200)));
  error.name = code;
  return { error, passes: status >= 500 || status === 429 || passing.test(code) };
}

/** Whether the service did what it was asked for is not known; all that is called so may be done twice. */
function noAnswer(endpoint: URL, cause: Error): Outcome {
  if (cause.name === 'TimeoutError') return { error: cause, passes: true };
  const error = new Error(`${endpoint.origin} could not be reached: ${cause.message}`, { cause });
  error.name = 'Unreachable';
  return { error, passes: true };
}

/** `com.amazonaws.sqs#QueueDoesNotExist`, or `ThrottlingException:http://…`. */
const codeOf = (type: unknown) => /(?:.*#)?([A-Za-z0-9._]+)/.exec(String(type ?? ''))?.[1];

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
