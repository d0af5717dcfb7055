/** What the reconciler does if GitHub does not list webhook deliveries: what it knows of is redelivered all the same. */
import { describe, expect, it } from '@jest/globals';
import { deliveriesNote, reconcileDeliveries } from '../../lib/app/reconciler/reconcile-deliveries.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { githubUnreachable } from '../fakes/github.ts';
import { noon } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const hour = 3_600_000;
const badRequest = new OperationalError('GitHub could not be asked: Bad Request', {
  code: 'github-400',
  retryable: false,
});
type Outcome = Parameters<Platform['github']['listDeliveries']>[0];
type Answer = Awaited<ReturnType<Platform['github']['listDeliveries']>>;

/** Webhooks that failed, one a minute and one on a page, the last one a quarter of an hour ago. */
async function givenFailures(count: number, note: object = {}) {
  const platform = await givenPlatform();
  platform.github.listing.redelivery = () => ({ statusCode: 200, deliveredAt: platform.clock.now() });
  platform.github.listing.pageSize = 1;
  for (let id = 1; id <= count; id++) {
    const deliveredAt = noon - (count - id + 15) * 60_000;
    platform.github.deliveries.push({
      id,
      guid: `w${id}`,
      statusCode: 503,
      deliveredAt,
      isRedelivery: false,
    });
  }
  const floor = noon - hour;
  const walk = { floor, top: floor };
  const value = { failures: walk, all: walk, waiting: [], asked: [], ...note };
  await platform.notes.write(deliveriesNote, { value, expiresAt: noon + 72 * hour });
  return platform;
}

const redelivered = ({ github }: Platform) =>
  github.deliveries.filter(({ isRedelivery }) => isRedelivery).map(({ guid }) => guid);
const noted = (platform: Platform) => platform.notes.all.get(deliveriesNote)!.value;

/** Replaces GitHub's answers where `answer` returns or throws one. */
function instead(platform: Platform, answer: (outcome: Outcome, cursor?: string) => Answer | undefined) {
  const { listDeliveries } = platform.github;
  platform.github.listDeliveries = async (outcome, cursor) =>
    answer(outcome, cursor) ?? listDeliveries(outcome, cursor);
}

function fail(error: Error): never {
  throw error;
}

describe('while GitHub does not list deliveries', () => {
  it('redelivers what waits in the note, and keeps its places in the lists', async () => {
    const walk = { floor: noon - hour, top: noon - 600_000, cursor: '2' };
    const before = { failures: walk, all: walk, waiting: [[1, 'w1', 0]] };
    const platform = await givenFailures(3, before);
    instead(platform, () => fail(githubUnreachable()));
    expect(await reconcileDeliveries(platform)).toHaveLength(1);
    expect(redelivered(platform)).toEqual(['w1']);
    expect(noted(platform)).toMatchObject({ failures: walk, all: walk, waiting: [], asked: [['w1', 1]] });
  });

  it.each(['failure', 'any', 'success'])(
    'uses the others if it does not list those of %s',
    async (missing) => {
      const platform = await givenFailures(3);
      const deliveredAt = noon - 15 * 60_000;
      platform.github.deliveries.push({
        id: 4,
        guid: 'timed out',
        statusCode: 0,
        deliveredAt,
        isRedelivery: false,
      });
      instead(platform, (outcome) => (outcome === missing ? fail(githubUnreachable()) : undefined));
      expect(await reconcileDeliveries(platform)).toHaveLength(1);
      const found = ['w1', 'w2', 'w3', 'timed out'];
      const expected = { failure: ['timed out'], any: ['w1', 'w2', 'w3'], success: found }[missing];
      expect(redelivered(platform)).toEqual(expected);
    },
  );

  it('redelivers what it found before a page failed, and continues with that page', async () => {
    const platform = await givenFailures(4);
    instead(platform, (outcome, cursor) =>
      outcome === 'failure' && cursor === '2' ? fail(githubUnreachable()) : undefined,
    );
    expect(await reconcileDeliveries(platform)).toHaveLength(1);
    expect(redelivered(platform)).toEqual(['w3', 'w4']);
    expect(noted(platform)['failures']).toMatchObject({ cursor: '2', floor: noon - hour });
  });
});

describe('a place in a list', () => {
  const forgotten = { floor: noon - hour, top: noon - 600_000, cursor: 'v1_1' };

  it.each<[string, () => Answer]>([
    ['400', () => fail(badRequest)],
    ['404', () => ({ ok: false, refusal: { kind: 'not-found', message: 'Not Found' } })],
    ['422', () => ({ ok: false, refusal: { kind: 'invalid', message: 'Validation Failed' } })],
  ])('that GitHub answers with %s is given up for the newest in the same run', async (_, refuse) => {
    const platform = await givenFailures(2, { failures: forgotten, all: forgotten });
    instead(platform, (_outcome, cursor) => (cursor === 'v1_1' ? refuse() : undefined));
    expect(await reconcileDeliveries(platform)).toEqual([]);
    expect(redelivered(platform)).toEqual(['w1', 'w2']);
    const ended = { floor: noon - 600_000, top: noon - 600_000 };
    expect(noted(platform)).toMatchObject({ failures: ended, all: ended });
  });

  it('is restarted once in a run, and reports that GitHub refuses every place', async () => {
    const platform = await givenFailures(3, { failures: forgotten });
    let calls = 0;
    instead(platform, (outcome, cursor) => {
      if (outcome === 'failure') calls += 1;
      return outcome === 'failure' && cursor !== undefined ? fail(badRequest) : undefined;
    });
    expect(await reconcileDeliveries(platform)).toEqual([badRequest]);
    expect(redelivered(platform)).toEqual(['w3']);
    expect(calls).toBe(3);
  });

  const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;

  it.each([
    ['is kept while GitHub fails there for six hours', 6, ['w1']],
    ['is given up once it failed for longer', 6.1, ['w1', 'w2', 'w3']],
  ])('%s', async (_, hours, expected) => {
    const failing = { ...forgotten, failingSince: noon - hours * hour };
    const platform = await givenFailures(3, { failures: failing, all: failing, waiting: [[1, 'w1', 0]] });
    instead(platform, (_outcome, cursor) => (cursor === 'v1_1' ? limited : undefined));
    await reconcileDeliveries(platform);
    expect(redelivered(platform)).toEqual(expected);
  });

  it('is kept however old it is, while GitHub lists deliveries there', async () => {
    const old = { floor: noon - 72 * hour, top: noon - 48 * hour, cursor: '2' };
    const platform = await givenFailures(3, { failures: old });
    await reconcileDeliveries(platform);
    expect(redelivered(platform)).toEqual(['w1', 'w2']);
  });

  it('counts the time from the first failure, and forgets it after an answer', async () => {
    const platform = await givenFailures(1, { failures: forgotten });
    let isFailing = true;
    instead(platform, (_outcome, cursor) => {
      if (cursor !== 'v1_1') return undefined;
      return isFailing ? limited : { ok: true, value: { items: [], cursor: 'v1_1' } };
    });
    for (let run = 0; run < 2; run++) {
      await reconcileDeliveries(platform);
      expect(noted(platform)['failures']).toMatchObject({ cursor: 'v1_1', failingSince: noon });
      platform.clock.advance(hour);
    }
    isFailing = false;
    await reconcileDeliveries(platform);
    expect(noted(platform)['failures']).not.toHaveProperty('failingSince');
  });
});

it('searches for later successes for 20 seconds, so that some time is left for redelivering', async () => {
  const platform = await givenFailures(1);
  for (let id = 2; id <= 9; id++) {
    const success = { id, guid: `s${id}`, statusCode: 200, isRedelivery: false };
    platform.github.deliveries.push({ ...success, deliveredAt: noon - 600_000 });
  }
  let pages = 0;
  instead(platform, (outcome) => {
    platform.clock.advance(9_000);
    if (outcome === 'success') pages += 1;
    return undefined;
  });
  await reconcileDeliveries(platform);
  expect(pages).toBe(3);
  expect(redelivered(platform)).toEqual(['w1']);
});
