/**
 * Calls an AWS service with JSON: signed, with bounded waits, and up to three attempts where another can help, as the SDK
 * makes them. For services of which a function calls only one or two actions. It reads the process's credentials for each
 * call, so that new ones are used at once.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsJson } from '../../ports/aws-json.ts';
import { type HttpAnswer, sendOnce } from './send-once.ts';
import { endpointOf, type JsonService, jsonServices, regionOf, type Variables } from './services.ts';
import { type Credentials, signedHeaders } from './sign-request.ts';

export interface AwsJsonOptions {
  readonly service: keyof typeof jsonServices;
  /** For one attempt. */
  readonly answerMilliseconds?: number;
  readonly variables?: Variables;
  /** At least 0, below 1. */
  readonly fraction?: () => number;
}

const maxTries = 3;
const connectMilliseconds = 1_000;
/** Three attempts of at most this; GitHub waits 10 s for an answer. */
const usualAnswerMilliseconds = 2_500;
/** Before the second attempt; twice that before the third. Jittered, so that callers don't collide again. */
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
  /** passes: another attempt may help. */
  | { readonly error: Error; readonly passes: boolean };

/** The service's transient errors; it answers others with a status of 500 and above. */
const passing = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|RequestTimeout|TransactionInProgress/;

function outcomeOf({ status, headers, body }: HttpAnswer): Outcome {
  if (status >= 200 && status < 300) return { output: parsed(body) ?? {} };
  const fields = parsed(body) ?? {};
  const code = codeOf(headers['x-amzn-errortype'] ?? fields['__type'] ?? fields['code']) ?? `Status${status}`;
  const error = new Error(String(fields['message'] ?? fields['Message'] ?? body.slice(0, 200)));
  error.name = code;
  return { error, passes: status >= 500 || status === 429 || passing.test(code) };
}

/** It is unknown whether the service did what it was asked; every action called this way may safely happen twice. */
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
