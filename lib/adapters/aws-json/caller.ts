/** Calls an AWS service with JSON. For services of which a function calls only one or two actions. */
import type { AwsJson } from '../../ports/aws-json.ts';
import type { HttpAnswer } from './send-once.ts';
import { endpointOf, type JsonService, jsonServices } from './services.ts';
import { type CallOptions, createSignedCall, type Outcome, passingKind } from './signed-call.ts';

export interface AwsJsonOptions extends CallOptions {
  readonly service: keyof typeof jsonServices;
  /** How bodies are written and read, where JSON does not hold all values. */
  readonly format?: Format;
}

export interface Format {
  write(input: object): string;
  /** @throws SyntaxError */
  read(body: string): unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const plainJson: Format = { write: JSON.stringify, read: JSON.parse };

export function createAwsJson(options: AwsJsonOptions): AwsJson {
  const { format = plainJson, variables = process.env } = options;
  const service: JsonService = jsonServices[options.service];
  const { name, method, contentType, target } = service;
  const endpoint = endpointOf(service, variables);
  const call = createSignedCall({ service: name, endpoint }, options);
  const read = (answer: HttpAnswer) => outcomeOf(answer, format);
  return {
    call: (action, input) => {
      const path = target === undefined ? `/${action}` : '/';
      const named = target === undefined ? {} : { 'x-amz-target': `${target}.${action}` };
      const headers = { 'content-type': contentType, ...named };
      return call({ method, path, headers, body: format.write(input) }, read);
    },
  };
}

function outcomeOf({ status, headers, body }: HttpAnswer, format: Format): Outcome<Fields> {
  const fields = parsed(body, format) ?? {};
  if (status >= 200 && status < 300) return { output: fields };
  const code = codeOf(headers['x-amzn-errortype'] ?? fields['__type'] ?? fields['code']) ?? `Status${status}`;
  const error = new Error(String(fields['message'] ?? fields['Message'] ?? body.slice(0, 200)));
  error.name = code;
  return { error: Object.assign(error, { fields }), passes: passingKind(code, status) };
}

/** `com.amazonaws.sqs#QueueDoesNotExist`, or `ThrottlingException:http://…`. */
const codeOf = (type: unknown) => /(?:.*#)?([A-Za-z0-9._]+)/.exec(String(type ?? ''))?.[1];

function parsed(body: string, format: Format): Fields | undefined {
  try {
    const value = format.read(body);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
