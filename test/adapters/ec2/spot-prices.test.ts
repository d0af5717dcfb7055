/** Spot prices from the laptop's EC2: one call for a tier's types, and no second one for some minutes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSpotPrices } from '../../../lib/adapters/ec2/spot-prices.ts';
import { spotPriceAt } from '../../../lib/local/ec2/spot-price.ts';
import { createMemoryTelemetry } from '../../fakes/telemetry.ts';
import { givenEc2, region } from '../../local/ec2/given.ts';

let world: Awaited<ReturnType<typeof givenEc2>>;
beforeAll(async () => {
  world = await givenEc2();
});
afterAll(() => world.close());

function givenPrices() {
  const asked = { calls: 0, fails: false };
  const time = { now: Date.now() };
  const send = world.client.send.bind(world.client) as (command: unknown) => Promise<unknown>;
  const pricing = {
    send: async (command: unknown) => {
      asked.calls += 1;
      if (asked.fails) throw new Error('RequestLimitExceeded');
      return send(command);
    },
  };
  const telemetry = createMemoryTelemetry();
  const clients = { pricing: pricing as typeof world.client };
  const prices = createSpotPrices({ clients, telemetry, clock: { now: () => time.now } });
  return { prices, asked, time, telemetry };
}

describe('spot prices', () => {
  it('are the current ones, by type and zone', async () => {
    const { prices, time } = givenPrices();
    const found = await prices.now(['t3.large', 'm5.large']);
    expect([...found.keys()].toSorted()).toEqual([
      ...['m5.large:us-east-1a', 'm5.large:us-east-1b', 't3.large:us-east-1a', 't3.large:us-east-1b'],
    ]);
    expect(
      [time.now, Date.now()].map((at) =>
        spotPriceAt(region, { instanceType: 'm5.large', zone: 'us-east-1a' }, at),
      ),
    ).toContain(found.get('m5.large:us-east-1a'));
  });

  it('are requested once in ten minutes, whoever wants them at the same time', async () => {
    const { prices, asked, time } = givenPrices();
    await Promise.all([prices.now(['t3.large']), prices.now(['t3.large', 't3.large'])]);
    time.now += 599_999;
    await prices.now(['t3.large']);
    expect(asked.calls).toBe(1);
    time.now += 1;
    await prices.now(['t3.large']);
    expect(asked.calls).toBe(2);
  });

  it('are read from at most three pages', async () => {
    let pages = 0;
    const send = async () => {
      pages += 1;
      const price = { InstanceType: `t${pages}.large`, AvailabilityZone: 'us-east-1a', SpotPrice: '0.01' };
      return { SpotPriceHistory: [price], NextToken: 'further' };
    };
    const clients = { pricing: { send } as unknown as typeof world.client };
    const prices = createSpotPrices({ clients, telemetry: createMemoryTelemetry(), clock: { now: () => 0 } });
    expect([...(await prices.now(['t1.large'])).keys()]).toEqual(
      [1, 2, 3].map((n) => `t${n}.large:us-east-1a`),
    );
  });

  it('are unknown if EC2 cannot be asked, which is logged and retried a minute later', async () => {
    const { prices, asked, time, telemetry } = givenPrices();
    asked.fails = true;
    expect((await prices.now(['t3.large'])).size).toBe(0);
    expect((await prices.now(['t3.large'])).size).toBe(0);
    expect(asked.calls).toBe(1);
    expect(telemetry.events).toMatchObject([{ name: 'spot-price-unknown' }]);
    Object.assign(asked, { fails: false });
    time.now += 60_000;
    expect((await prices.now(['t3.large'])).size).toBe(2);
  });
});
