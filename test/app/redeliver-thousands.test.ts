/** What an outage of hours leaves: more webhooks to redeliver than one run has time for, and than the note counts. */
import { describe, expect, it } from '@jest/globals';
import { deliveriesNote, reconcileDeliveries } from '../../lib/app/reconciler/reconcile-deliveries.ts';
import type { WebhookDelivery } from '../../lib/core/github.ts';
import { githubUnreachable } from '../fakes/github.ts';
import { noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const timedOut = 0;
const refused = 503;

/** So many milliseconds apart, the last one just now. */
async function givenFailures(count: number, { statusCode = timedOut, outcome = 200, apart = 1_000 } = {}) {
  const platform = await givenPlatform();
  const failed = (n: number): WebhookDelivery => ({
    ...{ id: n + 1, guid: `webhook ${n + 1}`, statusCode, isRedelivery: false },
    deliveredAt: noon - (count - n) * apart,
  });
  platform.github.deliveries.push(...Array.from({ length: count }, (_, n) => failed(n)));
  platform.github.listing.redelivery = () => ({ statusCode: outcome, deliveredAt: platform.clock.now() });
  return platform;
}

async function runs(platform: Platform, count: number) {
  for (let run = 0; run < count; run++) {
    const begun = platform.clock.now();
    expect(await reconcileDeliveries(platform)).toEqual([]);
    expect(platform.clock.now() - begun).toBeLessThanOrEqual(151_000);
    platform.clock.advance(begun + 300_000 - platform.clock.now());
  }
}

const redeliveries = ({ github }: Platform) => github.deliveries.filter(({ isRedelivery }) => isRedelivery);

/** How often each was redelivered. */
function times(platform: Platform): number[] {
  const byGuid = Map.groupBy(redeliveries(platform), ({ guid }) => guid);
  return [...byGuid.values()].map((attempts) => attempts.length);
}

/** How many webhooks were redelivered how often. */
const tally = (platform: Platform) =>
  Object.fromEntries([...Map.groupBy(times(platform), (count) => count)].map(([n, all]) => [n, all.length]));

describe('redelivering thousands of webhooks', () => {
  it('redelivers each of 9,000 that timed out once, and ends', async () => {
    const platform = await givenFailures(9_000);
    await runs(platform, 30);
    expect(tally(platform)).toEqual({ 1: 9_000 });
  });

  it('redelivers each of 9,000 that were refused once, those of the last minute perhaps twice, and ends', async () => {
    const platform = await givenFailures(9_000, { statusCode: refused });
    await runs(platform, 30);
    expect(tally(platform)).toEqual({ 1: 9_000 - 61, 2: 61 });
    await runs(platform, 5);
    expect(redeliveries(platform)).toHaveLength(9_061);
  });

  it('ends though more than are remembered were refused in the last minute', async () => {
    const platform = await givenFailures(3_000, { statusCode: refused, apart: 20 });
    await runs(platform, 30);
    expect([times(platform).length, Math.max(...times(platform))]).toEqual([3_000, 2]);
    const ended = redeliveries(platform).length;
    await runs(platform, 5);
    expect(redeliveries(platform)).toHaveLength(ended);
  });

  it.each([
    ['time out', timedOut, 3],
    // Those of the last minute are found twice, and forgotten in between.
    ['are refused', refused, 4],
  ])('redelivers 1,500 that always %s some three times, and then ends', async (_, statusCode, most) => {
    const platform = await givenFailures(1_500, { statusCode, outcome: statusCode });
    await runs(platform, 20);
    const counts = times(platform);
    expect([counts.length, Math.max(...counts)]).toEqual([1_500, most]);
    const ended = redeliveries(platform).length;
    await runs(platform, 5);
    expect(redeliveries(platform)).toHaveLength(ended);
  });

  it('redelivers each of 9,000 that never arrive, none more than three times, and then ends', async () => {
    const platform = await givenFailures(9_000, { outcome: timedOut });
    await runs(platform, 60);
    const counts = times(platform);
    expect([counts.length, Math.max(...counts) <= 3]).toEqual([9_000, true]);
    const ended = redeliveries(platform).length;
    await runs(platform, 5);
    expect(redeliveries(platform)).toHaveLength(ended);
  });

  it('finds what fails meanwhile, and afterwards', async () => {
    const platform = await givenFailures(9_000);
    const fails = (guid: string) => {
      const id = platform.github.deliveries.length + 1;
      const deliveredAt = platform.clock.now();
      platform.github.deliveries.push({ id, guid, statusCode: timedOut, deliveredAt, isRedelivery: false });
    };
    await runs(platform, 3);
    fails('meanwhile');
    await runs(platform, 27);
    fails('afterwards');
    await runs(platform, 2);
    expect(tally(platform)).toEqual({ 1: 9_002 });
  });

  it('redelivers oldest first what waits, and none that arrived while it waited', async () => {
    const platform = await givenFailures(600);
    await runs(platform, 1);
    expect(redeliveries(platform).map(({ guid }) => guid)).toEqual(
      Array.from({ length: 430 }, (_, n) => `webhook ${n + 1}`),
    );
    const last = platform.github.deliveries[599]!;
    const byHand = { id: 5_000, statusCode: 200, deliveredAt: platform.clock.now(), isRedelivery: true };
    platform.github.deliveries.push({ ...last, ...byHand });
    await runs(platform, 1);
    expect(tally(platform)).toEqual({ 1: 600 });
  });

  it('keeps what it has not redelivered where GitHub limits calls, and does not call on', async () => {
    const platform = await givenFailures(1_500);
    const { redeliver } = platform.github;
    let calls = 0;
    const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;
    Object.assign(platform.github, {
      redeliver: async (id: number) => (++calls > 50 ? limited : redeliver(id)),
    });
    expect(await reconcileDeliveries(platform)).toHaveLength(1);
    expect(calls).toBe(51);
    Object.assign(platform.github, { redeliver });
    await runs(platform, 8);
    expect(tally(platform)).toEqual({ 1: 1_500 });
  });

  it('tries again what a lost connection kept from GitHub, and not what GitHub no longer has', async () => {
    // Older than a minute: no walk meets them again.
    const platform = await givenFailures(3, { apart: 100_000 });
    platform.github.failNext(
      'redeliver',
      { error: githubUnreachable() },
      {
        refusal: { kind: 'not-found', message: 'gone' },
      },
    );
    expect(await reconcileDeliveries(platform)).toHaveLength(2);
    await runs(platform, 3);
    expect(redeliveries(platform).map(({ guid }) => guid)).toEqual(['webhook 3', 'webhook 1']);
  });

  it('reads no further page while 2,000 wait, and so keeps the note small', async () => {
    const platform = await givenFailures(9_000);
    const sizes: number[] = [];
    for (let run = 0; run < 8; run++) {
      await runs(platform, 1);
      const note = platform.notes.all.get(deliveriesNote)!.value;
      sizes.push((note['waiting'] as unknown[]).length);
      // The guids of GitHub are longer than those of this test.
      expect(JSON.stringify(note).length + 3_100 * 24).toBeLessThan(300_000);
    }
    expect(sizes[0]).toBe(2_000 - 430);
    expect(Math.max(...sizes)).toBeLessThan(2_000);
    expect(Math.min(...sizes)).toBeGreaterThan(1_500);
  });

  it('repeats a run that died before it was stored', async () => {
    const platform = await givenFailures(600);
    const { write } = platform.notes;
    platform.notes.write = async () => {
      throw new Error('died');
    };
    await expect(reconcileDeliveries(platform)).rejects.toThrow('died');
    Object.assign(platform.notes, { write });
    await runs(platform, 4);
    expect(times(platform)).toHaveLength(600);
  });

  it('reads the note of a release that stored none that wait', async () => {
    const platform = await givenFailures(3);
    const walk = { floor: 0, top: 0 };
    const value = { failures: walk, all: walk, asked: [['webhook 1', 3]] };
    await platform.notes.write(deliveriesNote, { value, expiresAt: noon + 60_000 });
    await runs(platform, 1);
    expect(redeliveries(platform).map(({ guid }) => guid)).toEqual(['webhook 2', 'webhook 3']);
  });
});
