/** What every Queues promises, held against the fake and against SQS. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMemoryQueues } from '../../lib/adapters/memory/queues.ts';
import { createSqsClient } from '../../lib/adapters/sqs/client.ts';
import { createQueues } from '../../lib/adapters/sqs/queues.ts';
import { type Message, parseMessage } from '../../lib/contract/messages.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createSqsService, type SqsService } from '../../lib/local/aws/sqs.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { acme, givenEvent, small } from '../support/given.ts';

interface World {
  readonly queues: Queues;
  /** What can be received now, oldest first, taken out. */
  take(
    queue: 'small' | 'lifecycle' | 'installations',
  ): Promise<{ message: Message; group?: string | undefined }[]>;
  close(): Promise<void>;
}

async function inMemory(): Promise<World> {
  const queues = createMemoryQueues();
  const take: World['take'] = async (queue) =>
    queue === 'small'
      ? queues.tiers
          .splice(0)
          .filter(({ delaySeconds }) => delaySeconds === 0)
          .map(({ message, group }) => ({ message, group: String(group) }))
      : queues[queue].splice(0).map((message) => ({ message }));
  return { queues, take, close: async () => {} };
}

async function onSqs(): Promise<World> {
  const { endpoint, sqs, urls } = await startSqs();
  const queues = createQueues({ client: clientOf(endpoint), urls });
  const take: World['take'] = async (queue) => {
    const received = await sqs.receive(queue, { max: 10, waitSeconds: 0 });
    sqs.delete(
      queue,
      received.map(({ receiptHandle }) => receiptHandle),
    );
    return received.map(({ body, attributes }) => ({
      message: parseMessage(body),
      group: attributes['MessageGroupId'],
    }));
  };
  return {
    queues,
    take,
    close: async () => {
      sqs.close();
      await endpoint.close();
    },
  };
}

async function startSqs(): Promise<{
  endpoint: AwsEndpoint;
  sqs: SqsService;
  urls: { tiers: { small: string }; lifecycle: string; installations: string };
}> {
  const where = { region: 'eu-west-1', accountId: '111122223333' };
  const sqs = createSqsService({ ...where, endpointUrl: () => endpoint.url });
  const endpoint: AwsEndpoint = await startAwsEndpoint({ ...where, services: [sqs] });
  const url = (name: string) => sqs.createQueue({ name }).url;
  const urls = {
    tiers: { small: url('small') },
    lifecycle: url('lifecycle'),
    installations: url('installations'),
  };
  return { endpoint, sqs, urls };
}

function clientOf(endpoint: AwsEndpoint) {
  process.env['AWS_REGION'] = 'eu-west-1';
  const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
  return createSqsClient({
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
}

describe.each([
  { name: 'in memory', open: inMemory },
  { name: 'on SQS', open: onSqs },
])('queues $name', ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world.close());

  it("keep a tier's message whole, in the group of its tenant", async () => {
    const message = givenEvent({ repository: 'acme/ünïcödé', labels: ['self-hosted', '"quoted"'] });
    await world.queues.sendToTier(small, message);
    expect(await world.take('small')).toEqual([{ message, group: String(acme) }]);
  });

  it('hold a delayed message back', async () => {
    await world.queues.sendToTier(
      small,
      { kind: 'poke', installationId: acme, tier: small },
      { delaySeconds: 5 },
    );
    expect(await world.take('small')).toEqual([]);
  });

  it('keep lifecycle and installation messages apart', async () => {
    const drain = { kind: 'drain-tenant', installationId: acme } as const;
    const changed = {
      kind: 'installation',
      event: 'installation.created',
      installationId: acme,
      repositoriesRemoved: ['acme/app'],
      delivery: 'd1',
    } as const;
    await world.queues.sendToLifecycle(drain);
    await world.queues.sendToInstallations(changed);
    expect((await world.take('lifecycle')).map(({ message }) => message)).toEqual([drain]);
    expect((await world.take('installations')).map(({ message }) => message)).toEqual([changed]);
  });

  it('lose none of many sends at once', async () => {
    const sends = Array.from({ length: 8 }, (_, n) => givenEvent({ delivery: `d${n}` }));
    await Promise.all(sends.map((message) => world.queues.sendToLifecycle(message)));
    const received = (await world.take('lifecycle')).map(
      ({ message }) => (message as { delivery: string }).delivery,
    );
    expect(received.sort()).toEqual(sends.map(({ delivery }) => delivery));
  });
});

describe('sends on SQS that fail', () => {
  it('say which queue, and whether another try can help', async () => {
    const { endpoint, urls } = await startSqs();
    const client = clientOf(endpoint);
    const poke = { kind: 'poke', installationId: acme, tier: small } as const;
    const failure = (queues: Queues) => queues.sendToTier(small, poke).catch((error: unknown) => error);

    const missing = await failure(
      createQueues({ client, urls: { tiers: { small: `${endpoint.url}/1/none` } } }),
    );
    const unnamed = await failure(createQueues({ client, urls: { tiers: {} } }));
    await endpoint.close();
    const unreachable = await failure(createQueues({ client, urls }));

    expect(missing).toMatchObject({ code: 'QueueDoesNotExist', retryable: false });
    expect(unnamed).toMatchObject({ code: 'UnknownQueue', retryable: false });
    expect(unreachable).toBeInstanceOf(OperationalError);
    expect(unreachable).toMatchObject({ retryable: true });
  });
});
