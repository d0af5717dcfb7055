/**
 * Lambda, as far as an operator's commands need it: which queues a function reads, and switching that off and on.
 * Sources: API_ListEventSourceMappings and API_UpdateEventSourceMapping of the Lambda API Reference.
 */
import { jsonAnswer } from './json-answer.ts';
import { AwsError, type AwsService } from './service.ts';

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
}

const base = '/2015-03-31/event-source-mappings';

export function createLambdaService({
  region,
  accountId,
}: {
  region: string;
  accountId: string;
}): LambdaService {
  const mappings = new Map<string, SwitchableMapping>();
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
      throw new AwsError(
        'UnknownOperationException',
        `The laptop's Lambda has no ${method} ${url.pathname}.`,
        404,
      );
    },
    questions: ({ action, input }) => {
      if (action === 'ListEventSourceMappings')
        return [{ action: `lambda:${action}`, resource: '*', context: {} }];
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
      const mapping = find(input['UUID']);
      if (typeof input['Enabled'] === 'boolean') mapping.switch(input['Enabled']);
      return jsonAnswer(shown(mapping));
    },
  };
}
