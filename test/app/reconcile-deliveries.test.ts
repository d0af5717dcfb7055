import { describe, expect, it } from '@jest/globals';
import { reconcileDeliveries } from '../../lib/app/reconciler/reconcile-deliveries.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const minutes = (count: number) => count * 60_000;

const refused = 503;
/** GitHub reached nobody, or gave up after ten seconds. */
const unreached = 0;

function attempt(platform: Platform, guid: string, statusCode: number) {
  const id = platform.github.deliveries.length + 1;
  platform.github.deliveries.push({
    id,
    guid,
    statusCode,
    deliveredAt: platform.clock.now(),
    isRedelivery: false,
  });
}
const asked = (platform: Platform) => platform.telemetry.total('Repairs', { kind: 'webhook-redelivered' });
const attemptsOf = (platform: Platform, guid: string) =>
  platform.github.deliveries.filter((delivery) => delivery.guid === guid).length;

async function givenGitHub() {
  const platform = await givenPlatform();
  platform.github.listing.redelivery = () => ({ statusCode: 200, deliveredAt: platform.clock.now() });
  return platform;
}

describe('redelivering webhooks', () => {
  it('requests only what no attempt delivered', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'lost', refused);
    attempt(platform, 'fine', 200);
    attempt(platform, 'redelivered by hand', refused);
    attempt(platform, 'redelivered by hand', 200);
    await reconcileDeliveries(platform);
    expect(attemptsOf(platform, 'lost')).toBe(2);
    expect(asked(platform)).toBe(1);
  });

  it('requests what never reached the platform, which is in neither of GitHub’s lists', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'timed out', unreached);
    attempt(platform, 'timed out, then arrived', unreached);
    attempt(platform, 'timed out, then arrived', 200);
    for (let run = 0; run < 3; run++) {
      await reconcileDeliveries(platform);
      platform.clock.advance(minutes(5));
    }
    expect(attemptsOf(platform, 'timed out')).toBe(2);
    expect(asked(platform)).toBe(1);
  });

  it('finds among hundreds that arrived the few that did not, over several runs', async () => {
    const platform = await givenGitHub();
    platform.github.listing.pageSize = 2;
    for (let n = 1; n <= 600; n++) attempt(platform, `webhook ${n}`, n % 200 === 1 ? unreached : 200);
    for (let run = 0; run < 6; run++) {
      platform.clock.advance(minutes(5));
      await reconcileDeliveries(platform);
    }
    expect([1, 201, 401].map((n) => attemptsOf(platform, `webhook ${n}`))).toEqual([2, 2, 2]);
    expect(asked(platform)).toBe(3);
  });

  it('requests what began before the last look and timed out after it', async () => {
    const platform = await givenGitHub();
    const began = platform.clock.now();
    platform.clock.advance(9_000);
    attempt(platform, 'fine', 200);
    await reconcileDeliveries(platform);
    platform.github.deliveries.push({
      ...{ id: 99, guid: 'slow', statusCode: unreached },
      ...{ deliveredAt: began, isRedelivery: false },
    });
    await reconcileDeliveries(platform);
    expect(attemptsOf(platform, 'slow')).toBe(2);
  });

  it('requests once what then arrived, however often it runs', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'lost', refused);
    for (let run = 0; run < 4; run++) {
      await reconcileDeliveries(platform);
      platform.clock.advance(minutes(5));
    }
    expect(asked(platform)).toBe(1);
  });

  it('requests three times what fails each time, and then gives up', async () => {
    const platform = await givenGitHub();
    platform.github.listing.redelivery = () => ({ statusCode: refused, deliveredAt: platform.clock.now() });
    attempt(platform, 'refused', refused);
    for (let run = 0; run < 6; run++) {
      platform.clock.advance(minutes(5));
      await reconcileDeliveries(platform);
    }
    expect(asked(platform)).toBe(3);
  });

  it('reads a long list over several runs, and misses nothing that fails meanwhile', async () => {
    const platform = await givenGitHub();
    platform.github.listing.pageSize = 2;
    for (let n = 1; n <= 9; n++) attempt(platform, `lost ${n}`, refused);
    for (let run = 0; run < 7; run++) {
      platform.clock.advance(minutes(5));
      if (run === 1) attempt(platform, 'lost meanwhile', refused);
      await reconcileDeliveries(platform);
    }
    const guids = new Set(platform.github.deliveries.map(({ guid }) => guid));
    expect([...guids].filter((guid) => attemptsOf(platform, guid) < 2)).toEqual([]);
  });

  it('does not request an old failure that arrived later, even if it is read late', async () => {
    const platform = await givenGitHub();
    platform.github.listing.pageSize = 2;
    attempt(platform, 'redelivered long ago', refused);
    platform.clock.advance(minutes(1));
    attempt(platform, 'redelivered long ago', 200);
    platform.clock.advance(minutes(10));
    for (let n = 1; n <= 8; n++) attempt(platform, `lost ${n}`, refused);
    for (let run = 0; run < 2; run++) {
      platform.clock.advance(minutes(5));
      await reconcileDeliveries(platform);
    }
    expect(attemptsOf(platform, 'redelivered long ago')).toBe(2);
    expect(asked(platform)).toBe(8);
  });

  it('asks three times for one that GitHub fails to redeliver, and then gives up', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'lost', refused);
    let calls = 0;
    platform.github.redeliver = async () => {
      calls += 1;
      throw new OperationalError('GitHub is away.', { code: 'github-unreachable', retryable: true });
    };
    for (let run = 0; run < 6; run++) {
      platform.clock.advance(minutes(5));
      await reconcileDeliveries(platform);
    }
    expect(calls).toBe(3);
  });

  it('redelivers the others if one cannot be redelivered', async () => {
    const platform = await givenGitHub();
    attempt(platform, 'one', refused);
    attempt(platform, 'two', refused);
    platform.github.failNext('redeliver', { refusal: { kind: 'not-found', message: 'too old' } });
    expect(await reconcileDeliveries(platform)).toHaveLength(1);
    expect(attemptsOf(platform, 'two')).toBe(2);
  });
});
