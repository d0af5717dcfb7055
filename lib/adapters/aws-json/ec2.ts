/**
 * Replaces `@aws-sdk/client-ec2` in bundles: under the same names, what the adapter of EC2 uses of it. Half of scale-up's load was
 * the SDK's model of EC2. Retries, their pauses and bounds on waiting are the SDK's.
 */
import { ec2Shapes, readShape } from './ec2-shapes.ts';
import { queryForm } from './query-form.ts';
import { readXml, type XmlElement } from './read-xml.ts';
import { createRetryBudget } from './retry-budget.ts';
import type { HttpAnswer } from './send-once.ts';
import { endpointOf } from './services.ts';
import {
  type CallOptions,
  createSignedCall,
  type Outcome,
  passingKind,
  type SignedCall,
} from './signed-call.ts';

type Fields = Readonly<Record<string, unknown>>;
type Action = keyof typeof ec2Shapes;

interface Command {
  readonly action: Action;
  readonly input: Fields;
}

function commandOf(action: Action) {
  return class {
    readonly action = action;
    readonly input: Fields;
    constructor(input: Fields) {
      this.input = input;
    }
  };
}

export const CreateFleetCommand = commandOf('CreateFleet');
export const DescribeFleetsCommand = commandOf('DescribeFleets');
export const DescribeInstancesCommand = commandOf('DescribeInstances');
export const DescribeSpotPriceHistoryCommand = commandOf('DescribeSpotPriceHistory');
export const GetConsoleOutputCommand = commandOf('GetConsoleOutput');
export const TerminateInstancesCommand = commandOf('TerminateInstances');

/** Of the SDK's options those that functions set. */
export interface Ec2Options {
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly requestTimeout: number;
    readonly httpAgent: { readonly keepAlive: boolean };
  };
}

const service = { name: 'ec2', variable: 'EC2' } as const;
const headers = { 'content-type': 'application/x-www-form-urlencoded' };
/** As the SDK's standard retries. Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const pauses = { usual: 50, throttled: 1_000 };

export class EC2Client {
  readonly #call: SignedCall;

  constructor(options: Ec2Options, surroundings: Pick<CallOptions, 'variables' | 'fraction'> = {}) {
    const { endpoint, maxAttempts: attempts, requestHandler } = options;
    const { variables = process.env } = surroundings;
    const url = endpoint === undefined ? endpointOf(service, variables) : new URL(endpoint);
    this.#call = createSignedCall(
      { service: service.name, endpoint: url },
      {
        ...{ attempts, pauses, isTraced: true, budget: createRetryBudget() },
        answerMilliseconds: requestHandler.requestTimeout,
        isFresh: !requestHandler.httpAgent.keepAlive,
        ...surroundings,
      },
    );
  }

  async send({ action, input }: Command, { abortSignal }: { readonly abortSignal?: AbortSignal } = {}) {
    const body = queryForm(action, input);
    const signal = abortSignal ? { signal: abortSignal } : {};
    const request = { method: 'POST', path: '/', headers, body, ...signal } as const;
    return this.#call(request, (answer) => outcomeOf(answer, action));
  }
}

/** An answer that cannot be read is thrown: nobody knows what EC2 did. */
function outcomeOf({ status, body }: HttpAnswer, action: Action): Outcome<Fields> {
  if (status >= 200 && status < 300) return { output: readShape(readXml(body), ec2Shapes[action]) };
  const { code = `Status${status}`, message = body.slice(0, 200) } = faultIn(body);
  const error = Object.assign(new Error(message), { $metadata: { httpStatusCode: status } });
  error.name = code;
  return { error, passes: passingKind(code, status) };
}

/** `<Response><Errors><Error><Code>…</Code><Message>…</Message></Error></Errors></Response>`; a proxy may answer anything. */
function faultIn(body: string): { code?: string; message?: string } {
  const fault = whole(body)?.elements.find(({ name }) => name === 'Errors')?.elements[0];
  const textOf = (wanted: string) => fault?.elements.find(({ name }) => name === wanted)?.text;
  const [code, message] = [textOf('Code'), textOf('Message')];
  return { ...(code ? { code } : {}), ...(message === undefined ? {} : { message }) };
}

function whole(body: string): XmlElement | undefined {
  try {
    return readXml(body);
  } catch {
    return undefined;
  }
}
