import {
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  paginateListEventSourceMappings,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/endpoint.ts';
import { createLambdaService, type LambdaService } from '../../../lib/local/aws/lambda.ts';
import type { InvokeResult } from '../../../lib/local/lambda/function-host.ts';

const place = { region: 'us-east-1', accountId: '000000000000' };
let endpoint: AwsEndpoint;
let lambda: LambdaService;
let client: LambdaClient;
const reads = new Map<string, boolean>();
beforeEach(async () => {
  lambda = createLambdaService(place);
  endpoint = await startAwsEndpoint({ ...place, services: [lambda] });
  client = clientOf(endpoint);
  for (const [uuid, functionName] of [
    ['one', 'acme-scale-up'],
    ['two', 'acme-scale-up'],
    ['three', 'acme-lifecycle'],
  ] as const) {
    reads.set(uuid, true);
    lambda.addMapping({
      uuid,
      functionName,
      eventSourceArn: `arn:aws:sqs:us-east-1:000000000000:${uuid}`,
      isEnabled: () => reads.get(uuid) === true,
      switch: (enabled) => void reads.set(uuid, enabled),
    });
  }
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
});

const clientOf = ({ url, operatorCredentials }: AwsEndpoint) =>
  new LambdaClient({ endpoint: url, region: place.region, credentials: operatorCredentials, maxAttempts: 1 });

async function list(FunctionName: string) {
  const found = [];
  for await (const page of paginateListEventSourceMappings({ client }, { FunctionName })) {
    found.push(...(page.EventSourceMappings ?? []));
  }
  return found;
}

describe("the laptop's Lambda", () => {
  it('lists the queues that one function reads', async () => {
    expect((await list('acme-scale-up')).map(({ UUID, State }) => [UUID, State])).toEqual([
      ['one', 'Enabled'],
      ['two', 'Enabled'],
    ]);
    expect(await list('somebody-else')).toEqual([]);
  });

  it('disables and enables one of them', async () => {
    await client.send(new UpdateEventSourceMappingCommand({ UUID: 'one', Enabled: false }));
    expect([reads.get('one'), reads.get('two')]).toEqual([false, true]);
    expect((await list('acme-scale-up'))[0]).toMatchObject({ State: 'Disabled' });
    await client.send(new UpdateEventSourceMappingCommand({ UUID: 'one', Enabled: true }));
    expect(reads.get('one')).toBe(true);
  });

  it('answers in JSON if there is no such mapping, or no such call', async () => {
    const unknown = client.send(new UpdateEventSourceMappingCommand({ UUID: 'four', Enabled: false }));
    await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const listed = client.send(new ListFunctionsCommand({}));
    await expect(listed).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  it('lets a caller invoke a function, and reports that it failed, was throttled, or does not exist', async () => {
    const results: Record<string, InvokeResult> = {
      'acme-lifecycle': { payload: { batchItemFailures: [] } },
      'acme-claim': { error: { errorType: 'Runtime.ExitError', errorMessage: 'It exited.' } },
      'acme-sweep': { error: { errorType: 'TooManyRequestsException', errorMessage: 'No copy is free.' } },
    };
    const events: unknown[] = [];
    lambda.runFunctionsBy({
      names: Object.keys(results),
      async invoke(name, event) {
        events.push(event);
        return results[name]!;
      },
    });
    const invoke = (FunctionName: string) =>
      client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ Records: [FunctionName] }) }));
    const answered = await invoke('acme-lifecycle');
    expect(JSON.parse(answered.Payload!.transformToString())).toEqual({ batchItemFailures: [] });
    expect([answered.FunctionError, events]).toEqual([undefined, [{ Records: ['acme-lifecycle'] }]]);
    const died = await invoke('acme-claim');
    expect(died.FunctionError).toBe('Unhandled');
    expect(died.Payload!.transformToString()).toContain('Runtime.ExitError');
    await expect(invoke('acme-sweep')).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await expect(invoke('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('an endpoint without Lambda', () => {
  it('answers in JSON, as Lambda does, so that a client reads the error', async () => {
    const bare = await startAwsEndpoint({ ...place, services: [] });
    const other = clientOf(bare);
    const asked = other.send(new UpdateEventSourceMappingCommand({ UUID: 'one', Enabled: false }));
    await expect(asked).rejects.toMatchObject({ name: 'UnknownOperationException' });
    other.destroy();
    await bare.close();
  });
});
