import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Dials, parseDials } from '../../../lib/local/aws/dials.ts';
import type { Dial } from '../../../lib/local/aws/service.ts';
import { type QueueWorld, sqsClient, startQueueWorld } from './support.ts';

const call = { service: 'sqs', action: 'SendMessage', caller: 'dev-webhook' };

describe('Dials', () => {
  const givenDials = (...dials: Dial[]) => {
    const set = new Dials(() => 0.5);
    set.set(dials);
    return set;
  };

  it('applies the most specific latency', () => {
    const dials = givenDials(
      { service: '*', action: '*', latencyMs: 15 },
      { service: 'sqs', action: 'SendMessage', latencyMs: 3 },
      { service: 'sqs', action: '*', latencyMs: 7 },
      { service: '*', action: '*', caller: 'dev-claim', latencyMs: 99 },
    );
    expect(dials.apply(call).latencyMs).toBe(3);
    expect(dials.apply({ ...call, action: 'ListQueues' }).latencyMs).toBe(7);
    expect(dials.apply({ ...call, service: 'ec2' }).latencyMs).toBe(15);
    expect(dials.apply({ ...call, caller: 'dev-claim' }).latencyMs).toBe(99);
  });

  it('fails only the next calls, as many as counted, and keeps the general latency', () => {
    const dials = givenDials(
      { service: '*', action: '*', latencyMs: 15 },
      { service: 'sqs', action: '*', error: { code: 'Throttled' }, count: 1 },
    );
    expect(dials.apply(call)).toMatchObject({ latencyMs: 15, error: { code: 'Throttled' } });
    expect(dials.apply(call)).toEqual({ latencyMs: 15, when: 'before' });
    expect(dials.list()[0]).toMatchObject({ count: 0 });
  });

  it('fails with the given probability, and uses up no count otherwise', () => {
    const error = { code: 'Throttled' };
    const likely = givenDials({ service: '*', action: '*', error, probability: 0.6, count: 1 });
    const unlikely = givenDials({ service: '*', action: '*', error, probability: 0.4, count: 1 });
    expect(likely.apply(call).error).toEqual(error);
    expect(unlikely.apply(call).error).toBeUndefined();
    expect(unlikely.list()[0]).toMatchObject({ count: 1 });
  });

  it.each<[unknown, RegExp]>([
    [{}, /JSON array/],
    [[null], /Dial 0 is not an object/],
    [[{ latency: 1 }], /Dial 0 has latency; allowed values are/],
    [[{ latencyMs: -1 }], /latencyMs is -1; it must be milliseconds/],
    [[{ count: 1.5 }], /count is 1.5/],
    [[{ probability: 2 }], /probability is 2/],
    [[{ error: 'Throttled' }], /error is "Throttled"; it must be an object with a code/],
    [[{ when: 'later' }], /before or after/],
  ])('refuses %j and says what is allowed', (value, message) => {
    expect(() => parseDials(value)).toThrow(message);
  });
});

describe('the endpoint under dials', () => {
  let world: QueueWorld;
  let url: string;
  beforeEach(async () => {
    world = await startQueueWorld();
    url = world.sqs.createQueue({ name: 'jobs' }).url;
  });
  afterEach(() => world.close());

  const send = () =>
    sqsClient(world.endpoint).send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'a job' }));
  const dial = (body: string, method = 'PUT') => fetch(`${world.endpoint.url}/_dials`, { method, body });
  const sent = () => world.sqs.counts('jobs').visible;

  it('waits as long as dialled over HTTP, until the dials are cleared', async () => {
    await dial('[{"service":"sqs","latencyMs":120}]');
    const before = performance.now();
    await send();
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
    expect(await (await fetch(`${world.endpoint.url}/_dials`)).json()).toEqual([
      { service: 'sqs', action: '*', latencyMs: 120 },
    ]);
    await fetch(`${world.endpoint.url}/_dials`, { method: 'DELETE' });
    expect(world.endpoint.dials.list()).toEqual([]);
  });

  it('fails before the call has an effect', async () => {
    const error = { code: 'RequestThrottled', message: 'Slow down.', status: 400 };
    world.endpoint.dials.set([{ service: 'sqs', action: 'SendMessage', error, count: 1 }]);
    await expect(send()).rejects.toMatchObject({ name: 'RequestThrottled', message: 'Slow down.' });
    expect(sent()).toBe(0);
    await send();
    expect(sent()).toBe(1);
  });

  it('fails after the call had its effect', async () => {
    const error = { code: 'ServiceUnavailable', status: 503 };
    world.endpoint.dials.set([{ service: 'sqs', action: '*', error, when: 'after' }]);
    await expect(send()).rejects.toMatchObject({ name: 'ServiceUnavailable' });
    expect(sent()).toBe(1);
  });

  it('drops the answer if the error is a ConnectionReset', async () => {
    const error = { code: 'ConnectionReset' };
    world.endpoint.dials.set([{ service: 'sqs', action: '*', error, when: 'after' }]);
    await expect(send()).rejects.toThrow('socket hang up');
    expect(sent()).toBe(1);
  });

  it('leaves the dials as they are if the new ones are invalid', async () => {
    world.endpoint.dials.set([{ service: '*', action: '*', latencyMs: 1 }]);
    const answer = await dial('[{"speed":1}]');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: expect.stringMatching(/speed/) });
    expect(world.endpoint.dials.list()).toHaveLength(1);
  });
});
