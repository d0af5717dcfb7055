/**
 * Lambda, as far as commands and functions need it: which queues a function reads, enabling and disabling that, and a
 * function that invokes another one and waits for its answer.
 * Sources: API_ListEventSourceMappings, API_UpdateEventSourceMapping and API_Invoke of the Lambda API Reference.
 */
import { type InvokeResult, throttled } from '../lambda/function-host.ts';
import { jsonAnswer } from './json-answer.ts';
import { type AwsAnswer, AwsError, type AwsService } from './service.ts';

/** A queue that a function reads. */
export interface SwitchableMapping {
  readonly uuid: string;
  readonly functionName: string;
  readonly eventSourceArn: string;
  isEnabled(): boolean;
  switch(enabled: boolean): void;
}

export interface LambdaService extends AwsService {
  addMapping(mapping: SwitchableMapping): void;
  /** Until then no function can be invoked. */
  runFunctionsBy(functions: Invoker): void;
}

/** The functions that exist. */
export interface Invoker {
  readonly names: readonly string[];
  invoke(name: string, event: unknown): Promise<InvokeResult>;
}

const base = '/2015-03-31/event-source-mappings';
const invocations = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

export function createLambdaService({
  region,
  accountId,
}: {
  region: string;
  accountId: string;
}): LambdaService {
  const mappings = new Map<string, SwitchableMapping>();
  let invoker: Invoker | undefined;
  const arnOf = (functionName: string) => `arn:aws:lambda:${region}:${accountId}:function:${functionName}`;
  const find = (uuid: unknown): SwitchableMapping => {
    const found = mappings.get(String(uuid));
    if (found) return found;
    throw new AwsError(
      'ResourceNotFoundException',
      `The resource you requested does not exist: ${uuid}.`,
      404,
    );
  };
  const shown = (mapping: SwitchableMapping) => ({
    UUID: mapping.uuid,
    FunctionArn: arnOf(mapping.functionName),
    EventSourceArn: mapping.eventSourceArn,
    State: mapping.isEnabled() ? 'Enabled' : 'Disabled',
  });
  return {
    service: 'lambda',
    addMapping: (mapping) => void mappings.set(mapping.uuid, mapping),
    runFunctionsBy(functions) {
      invoker = functions;
    },
    readRequest: ({ method, path, body }) => {
      const url = new URL(path, 'http://lambda');
      const [, uuid] = new RegExp(`^${base}/([^/]+)$`).exec(url.pathname) ?? [];
      if (
        method === 'GET' &&
        /^\/?$/.test(url.pathname.slice(base.length)) &&
        url.pathname.startsWith(base)
      ) {
        const input = { FunctionName: url.searchParams.get('FunctionName') ?? undefined };
        return { action: 'ListEventSourceMappings', input, protocol: 'json' };
      }
      if (method === 'PUT' && uuid !== undefined) {
        const input = { ...(JSON.parse(body.toString('utf8')) as object), UUID: decodeURIComponent(uuid) };
        return { action: 'UpdateEventSourceMapping', input, protocol: 'json' };
      }
      const [, functionName] = invocations.exec(url.pathname) ?? [];
      if (method === 'POST' && functionName !== undefined) {
        const input = { FunctionName: decodeURIComponent(functionName), Payload: body.toString('utf8') };
        return { action: 'Invoke', input, protocol: 'json' };
      }
      throw new AwsError(
        'UnknownOperationException',
        `The laptop's Lambda has no ${method} ${url.pathname}.`,
        404,
      );
    },
    questions: ({ action, input }) => {
      if (action === 'ListEventSourceMappings')
        return [{ action: `lambda:${action}`, resource: '*', context: {} }];
      if (action === 'Invoke') {
        const resource = arnOf(String(input['FunctionName']));
        return [{ action: 'lambda:InvokeFunction', resource, context: {} }];
      }
      const { uuid, functionName } = find(input['UUID']);
      const resource = `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;
      return [
        { action: `lambda:${action}`, resource, context: { 'lambda:functionarn': arnOf(functionName) } },
      ];
    },
    async handle({ action, input }) {
      if (action === 'ListEventSourceMappings') {
        const asked = input['FunctionName'];
        const found = [...mappings.values()].filter(
          ({ functionName }) =>
            asked === undefined || asked === functionName || asked === arnOf(functionName),
        );
        return jsonAnswer({ EventSourceMappings: found.map(shown) });
      }
      if (action === 'Invoke') return invoke(invoker, input);
      const mapping = find(input['UUID']);
      if (typeof input['Enabled'] === 'boolean') mapping.switch(input['Enabled']);
      return jsonAnswer(shown(mapping));
    },
  };
}

/** A function's own failure is an answer, too, with a header that says so. */
async function invoke(
  invoker: Invoker | undefined,
  { FunctionName: name, Payload: payload }: Readonly<Record<string, unknown>>,
): Promise<AwsAnswer> {
  if (!invoker?.names.includes(String(name))) {
    throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, 404);
  }
  const result = await invoker.invoke(String(name), eventOf(String(payload)));
  if (!('error' in result)) return jsonAnswer(result.payload);
  const { error } = result;
  if (error.errorType === throttled) throw new AwsError(throttled, 'Rate Exceeded.', 429);
  const answer = jsonAnswer(error);
  return { ...answer, headers: { ...answer.headers, 'x-amz-function-error': 'Unhandled' } };
}

function eventOf(payload: string): unknown {
  try {
    return payload === '' ? {} : JSON.parse(payload);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}
