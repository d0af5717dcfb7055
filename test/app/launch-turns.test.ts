/** What one launch learns from EC2, and tells all others: when they may call, and who is next. */
import { describe, expect, it } from '@jest/globals';
import { learn, mayCallNow, takeTurn } from '../../lib/app/launch/scarcity.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import type { LaunchPace } from '../../lib/core/launch-pace.ts';
import type { LaunchAnswer, LaunchFailure } from '../../lib/ports/compute.ts';
import { acme, givenEvent, givenTier, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const place = { installationId: acme, tier: small };
const failure = (kind: LaunchFailure['class']): LaunchFailure => ({ class: kind, code: kind, message: kind });
const answered = (...kinds: LaunchFailure['class'][]): LaunchAnswer => ({
  kind: 'answered',
  instances: [],
  failures: kinds.map(failure),
});
const throttled: LaunchAnswer = { kind: 'refused', failure: failure('throttled') };
const at = (milliseconds: number) => ({ at: noon + milliseconds, calledAt: noon + milliseconds });

/** A launch that was carried out, and then EC2 throttles: from now on calls have this pace. */
async function givenPace(over: Partial<LaunchPace> = {}) {
  const platform = await givenPlatform({ deployment: { tiers: [givenTier({ spot: true })] } });
  await platform.accept(givenEvent());
  const [launch] = platform.stores.world.allLaunches();
  const late = { nextCallAt: noon, lineEndsAt: noon, slowedAt: noon - 1_000 };
  const value = { callsPerSecond: 1, turns: {}, ...late, ...over };
  await platform.notes.write('launch-pace', { value, expiresAt: noon + 3_600_000 });
  const paceNow = () => platform.notes.all.get('launch-pace')!.value as unknown as LaunchPace;
  return { platform, launch: launch!, paceNow };
}

const pokes = ({ queues }: Platform) =>
  queues.tiers.map(({ message, delaySeconds }) => [message.installationId, delaySeconds]);

describe('a call that has no place in the line', () => {
  it('is made at once in ordinary times, and leaves no note', async () => {
    const platform = await givenPlatform();
    expect(await mayCallNow(platform)).toBe(true);
    expect(platform.clock.now()).toBe(noon);
    expect(platform.notes.all.size).toBe(0);
  });

  it('waits for its moment while EC2 throttles, and the next one comes behind it', async () => {
    const { platform, paceNow } = await givenPace({ nextCallAt: noon + 1_500 });
    expect(await mayCallNow(platform)).toBe(true);
    expect(platform.clock.now()).toBe(noon + 1_500);
    expect(paceNow().nextCallAt).toBe(noon + 2_500);
  });

  it('is not made where its moment is more than two seconds away, and takes no one else’s', async () => {
    const { platform, paceNow } = await givenPace({ nextCallAt: noon + 2_001 });
    expect(await mayCallNow(platform)).toBe(false);
    expect(platform.clock.now()).toBe(noon);
    expect(paceNow().nextCallAt).toBe(noon + 2_001);
  });

  it('leaves an open launch to the next sweep', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(givenEvent());
    platform.clock.advance(61_000);
    const now = platform.clock.now();
    const value = { callsPerSecond: 1, turns: {}, nextCallAt: now + 50_000, lineEndsAt: now, slowedAt: now };
    await platform.notes.write('launch-pace', { value, expiresAt: now + 3_600_000 });
    const calls = platform.compute.requests.length;
    await platform.sweep();
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'intent' }]);
    platform.clock.advance(60_000);
    await platform.sweep();
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'closed' }]);
    expect(platform.compute.requests).toHaveLength(calls);
    await expectBalanced(platform);
  });
});

describe('a call in its turn', () => {
  it('waits for it, and is made though EC2 throttled before', async () => {
    const { platform } = await givenPace({ nextCallAt: noon + 1_500 });
    expect(await takeTurn(platform, place)).toMatchObject({ kind: 'go' });
    expect(platform.clock.now()).toBe(noon + 1_500);
  });

  it('is asked for again where EC2 throttled anew meanwhile, three times at most', async () => {
    const { platform, launch } = await givenPace({ callsPerSecond: 50, nextCallAt: noon + 100 });
    const { sleep } = platform.clock;
    let waits = 0;
    platform.clock.sleep = async (milliseconds) => {
      waits += 1;
      await sleep(milliseconds);
      await learn(platform, { launch, askedAt: platform.clock.now(), answer: throttled, paced: true });
    };
    await takeTurn(platform, { ...place, installationId: InstallationId(9) });
    expect(waits).toBe(3);
  });

  it('comes later where others were always faster to change the note', async () => {
    const { platform } = await givenPace();
    platform.notes.writeIf = async () => false;
    expect(await takeTurn(platform, place)).toMatchObject({ kind: 'wait', fresh: false });
  });

  it('has whoever waits longer than a function may poked when it begins', async () => {
    const { platform } = await givenPace({ nextCallAt: noon + 20_000, lineEndsAt: noon + 20_000 });
    expect(await takeTurn(platform, place)).toMatchObject({ kind: 'wait' });
    expect(pokes(platform)).toEqual([[acme, 21]]);
  });

  it('is poked for after a quarter of an hour at most, since a message cannot be delayed longer', async () => {
    const { platform } = await givenPace({ nextCallAt: noon + 3_000_000, lineEndsAt: noon + 3_000_000 });
    await takeTurn(platform, place);
    expect(pokes(platform)).toEqual([[acme, 900]]);
  });
});

describe('an answer of EC2', () => {
  const turns = { '7/small': at(60_000), '8/small': at(50_000), '9/small': at(40_000) };

  it('that takes a paced call wakes the next two in line at once', async () => {
    const { platform, launch } = await givenPace({ turns });
    await learn(platform, { launch, askedAt: noon, answer: answered(), paced: true });
    expect(pokes(platform)).toEqual([
      [9, 0],
      [8, 0],
    ]);
  });

  it.each([
    ['to a call without a turn', answered(), false],
    ['that nobody understands', { kind: 'unclear', failure: failure('unknown') } as const, true],
  ])('%s wakes nobody', async (_which, answer, paced) => {
    const { platform, launch } = await givenPace({ turns });
    await learn(platform, { launch, askedAt: noon, answer, paced });
    expect(pokes(platform)).toEqual([]);
  });

  it('that throttles sends the launch to the end of the line, and no sooner than in a second', async () => {
    const { platform, launch, paceNow } = await givenPace({ turns, lineEndsAt: noon + 60_000 });
    const told = { launch, askedAt: noon, answer: throttled, paced: true };
    expect(await learn(platform, told)).toEqual({ againNow: false, againSeconds: 62 });
    expect(paceNow().callsPerSecond).toBe(0.5);
    const ordinary = await givenPlatform();
    expect(await learn(ordinary, told)).toEqual({ againNow: false, againSeconds: 1 });
    ordinary.notes.writeIf = async () => false;
    expect(await learn(ordinary, told)).toEqual({ againNow: false, againSeconds: 10 });
  });

  it.each([
    [['fatal', 'quota'], false, 300],
    [['quota', 'capacity'], true, 60],
    [['unoffered', 'capacity'], true, 10],
    [['capacity'], true, 180],
    [['unknown'], false, 10],
    [[], false, 10],
  ] as const)(
    'of %j is worth another pool at once: %s, and else a try after %i s',
    async (kinds, ...lesson) => {
      const { platform, launch } = await givenPace();
      const [againNow, againSeconds] = lesson;
      const told = { launch, askedAt: noon, answer: answered(...kinds), paced: false };
      expect(await learn(platform, told)).toEqual({ againNow, againSeconds });
    },
  );

  it('that pools are dry is remembered for ten minutes longer than they are closed, and then forgotten', async () => {
    const { platform, launch } = await givenPace();
    const closed = () => Object.keys(platform.notes.all.get('closed-pools')?.value ?? {});
    const dry = { launch, askedAt: noon, answer: answered('capacity'), paced: false };
    const quota = { ...dry, answer: answered('quota') };
    await learn(platform, dry);
    platform.clock.advance(779_999);
    await learn(platform, quota);
    expect(closed()).toEqual(['spot:t3.medium:us-east-1a', 'spot:t3.medium:us-east-1b', 'spot:small']);
    platform.clock.advance(1);
    await learn(platform, quota);
    expect(closed()).toEqual(['spot:small']);
  });
});

describe('a launch that EC2 had nothing for', () => {
  it.each([
    ['capacity', 180],
    ['fatal', 300],
    ['unknown', 10],
  ] as const)('of class %s is poked for after %i s', async (kind, seconds) => {
    const platform = await givenPlatform();
    platform.compute.dials.refuseNext.push(failure(kind));
    await platform.accept(givenEvent());
    expect(pokes(platform)).toContainEqual([acme, seconds]);
    expect(platform.liveMachines()).toEqual([]);
  });
});
