/**
 * What every Queues promises, tested on the fake and on the laptop's SQS; or, if MAYFLY_TEST_SQS_URL is set, on
 * somebody else's imitation of SQS at that address.
 */
import { describe, expect, it } from '@jest/globals';
import { createAwsJson } from '../../lib/adapters/aws-json/caller.ts';
import { createArrivals } from '../../lib/adapters/sqs/arrivals.ts';
import { createQueues } from '../../lib/adapters/sqs/queues.ts';
import { parseMessage } from '../../lib/contract/messages.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../lib/local/aws/endpoint.ts';
import { createSqsService, type SqsService } from '../../lib/local/aws/sqs.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { Queues } from '../../lib/ports/queues.ts';
import { createMemoryArrivals } from '../fakes/arrivals.ts';
import { createMemoryQueues } from '../fakes/queues.ts';
import { acme, small } from '../support/given.ts';
import { type QueuesWorld, queuesContract } from './queues.contract.ts';
import { onOtherSqs } from './support/other-sqs.ts';

async function inMemory(): Promise<QueuesWorld> {
  const queues = createMemoryQueues();
  const take: QueuesWorld['take'] = async (queue) =>
    queue === 'small'
      ? queues.tiers
          .splice(0)
          .filter(({ delaySeconds }) => delaySeconds === 0)
          .map(({ message, group }) => ({ message, group: String(group) }))
      : queues[queue].splice(0).map((message) => ({ message, group: String(message.installationId) }));
  const arrivals = createMemoryArrivals(queues);
  const showAgain: QueuesWorld['showAgain'] = async (taken) => arrivals.showAgain(taken);
  return { queues, arrivals, showAgain, take, close: async () => {} };
}

async function onSqs(): Promise<QueuesWorld> {
  const { endpoint, sqs, urls } = await startSqs();
  const queues = createQueues({ sqs: callerOf(endpoint), urls });
  const take: QueuesWorld['take'] = async (queue) => {
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
    arrivals: createArrivals({ sqs: callerOf(endpoint), tierUrls: urls.tiers }),
    showAgain: async (taken) =>
      sqs.changeVisibility(
        'small',
        taken.map(({ receipt }) => receipt),
        0,
      ),
    close: async () => {
      sqs.close();
      await endpoint.close();
    },
  };
}

async function startSqs(): Promise<{
  endpoint: AwsEndpoint;
  sqs: SqsService;
  urls: { tiers: { small: string }; lifecycle: string; completions: string; installations: string };
}> {
  const where = { region: 'eu-west-1', accountId: '111122223333' };
  const sqs = createSqsService({ ...where, endpointUrl: () => endpoint.url });
  const endpoint: AwsEndpoint = await startAwsEndpoint({ ...where, services: [sqs] });
  const url = (name: string) => sqs.createQueue({ name }).url;
  const urls = {
    tiers: { small: url('small') },
    lifecycle: url('lifecycle'),
    completions: url('completions'),
    installations: url('installations'),
  };
  return { endpoint, sqs, urls };
}

function callerOf(endpoint: AwsEndpoint) {
  const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
  const variables = {
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return createAwsJson({ service: 'sqs', variables });
}

const otherSqs = process.env['MAYFLY_TEST_SQS_URL'];
if (otherSqs) {
  queuesContract("on another's SQS", () => onOtherSqs(otherSqs));
} else {
  queuesContract('in memory', inMemory);
  queuesContract('on SQS', onSqs);
}

describe('sends on SQS that fail', () => {
  it('say which queue, and whether another try can help', async () => {
    const { endpoint, sqs, urls } = await startSqs();
    const sqsCaller = callerOf(endpoint);
    const poke = { kind: 'poke', installationId: acme, tier: small } as const;
    const failure = (queues: Queues) => queues.sendToTier(small, poke).catch((error: unknown) => error);

    const missing = await failure(
      createQueues({ sqs: sqsCaller, urls: { tiers: { small: `${endpoint.url}/1/none` } } }),
    );
    const unnamed = await failure(createQueues({ sqs: sqsCaller, urls: { tiers: {} } }));
    sqs.close();
    await endpoint.close();
    const unreachable = await failure(createQueues({ sqs: sqsCaller, urls }));
    const nothingTaken = await createArrivals({ sqs: sqsCaller, tierUrls: urls.tiers })
      .take(small)
      .catch((error: unknown) => error);
    const ofNobody = await createArrivals({ sqs: sqsCaller, tierUrls: {} })
      .take(small)
      .catch((error: unknown) => error);

    expect(missing).toMatchObject({ code: 'QueueDoesNotExist', retryable: false });
    expect(unnamed).toMatchObject({ code: 'UnknownQueue', retryable: false });
    expect(unreachable).toBeInstanceOf(OperationalError);
    expect(unreachable).toMatchObject({ retryable: true });
    expect(nothingTaken).toMatchObject({ code: 'Unreachable', retryable: true });
    expect(ofNobody).toMatchObject({ code: 'UnknownQueue', retryable: false });
  });
});
