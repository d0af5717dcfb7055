import { describe, expect, it } from '@jest/globals';
import { reconcileDeliveries } from '../../lib/app/reconciler/reconcile-deliveries.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const minutes = (count: number) => count * 60_000;

function attempt(platform: Platform, guid: string, succeeded: boolean) {
  const id = platform.github.deliveries.length + 1;
  platform.github.deliveries.push({ id, guid, succeeded, deliveredAt: platform.clock.now() });
}
const asked = (platform: Platform) => platform.telemetry.total('Repairs', { kind: 'webhook-redelivered' });
const attemptsOf = (platform: Platform, guid: string) =>
  platform.github.deliveries.filter((delivery) => delivery.guid === guid).length;

async function givenGitHub() {
  const platform = await givenPlatform();
  platform.github.listing.redelivery = () => ({ succeeded: true, deliveredAt: platform.clock.now() });
  return platform;
}

describe('redelivering webhooks', () => {
  it('asks for what no attempt delivered, and for nothing else', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'lost', false);
    attempt(platform, 'fine', true);
    attempt(platform, 'mended by hand', false);
    attempt(platform, 'mended by hand', true);
    await reconcileDeliveries(platform);
    expect(attemptsOf(platform, 'lost')).toBe(2);
    expect(asked(platform)).toBe(1);
  });

  it('asks once for what arrived then, however often it runs', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'lost', false);
    for (let run = 0; run < 4; run++) {
      await reconcileDeliveries(platform);
      platform.clock.advance(minutes(5));
    }
    expect(asked(platform)).toBe(1);
  });

  it('asks three times for what fails each time, and then gives up', async () => {
    const platform = await givenGitHub();
    platform.github.listing.redelivery = () => ({ succeeded: false, deliveredAt: platform.clock.now() });
    attempt(platform, 'refused', false);
    for (let run = 0; run < 6; run++) {
      platform.clock.advance(minutes(5));
      await reconcileDeliveries(platform);
    }
    expect(asked(platform)).toBe(3);
  });

  it('walks down a long list over several runs, and misses nothing that fails meanwhile', async () => {
    const platform = await givenGitHub();
    platform.github.listing.pageSize = 2;
    for (let n = 1; n <= 9; n++) attempt(platform, `lost ${n}`, false);
    for (let run = 0; run < 7; run++) {
      platform.clock.advance(minutes(5));
      if (run === 1) attempt(platform, 'lost meanwhile', false);
      await reconcileDeliveries(platform);
    }
    const guids = new Set(platform.github.deliveries.map(({ guid }) => guid));
    expect([...guids].filter((guid) => attemptsOf(platform, guid) < 2)).toEqual([]);
  });

  it('redelivers the others where one cannot be', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'one', false);
    attempt(platform, 'two', false);
    platform.github.failNext('redeliver', { refusal: { kind: 'not-found', message: 'too old' } });
    expect(await reconcileDeliveries(platform)).toHaveLength(1);
    expect(attemptsOf(platform, 'two')).toBe(2);
  });
});
