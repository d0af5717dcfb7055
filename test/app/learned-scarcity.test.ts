/** What stays in the notes after EC2's answer, and what a turn is where the notes hold no pace, or none any more. */
import { describe, expect, it } from '@jest/globals';
import { learn, takeTurn } from '../../lib/app/launch/scarcity.ts';
import type { LaunchFailure } from '../../lib/ports/compute.ts';
import { acme, givenEvent, noon, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const place = { installationId: acme, tier: small };
const pool = { market: 'on-demand', instanceType: 't3.medium' } as const;
const failed = (kind: LaunchFailure['class'], subnetId?: string): LaunchFailure => ({
  ...{ class: kind, code: kind, message: kind },
  ...(subnetId === undefined ? {} : { pool: { ...pool, subnetId } }),
});

async function givenLaunched() {
  const platform = await givenPlatform();
  await platform.accept(givenEvent());
  const [launch] = platform.stores.world.allLaunches();
  return {
    platform,
    answers: (...failures: LaunchFailure[]) => {
      const answer = { kind: 'answered', instances: [], failures } as const;
      return learn(platform, { launch: launch!, askedAt: noon, answer, paced: true });
    },
  };
}

describe('a turn', () => {
  it('is now while EC2 does not throttle, and leaves no note', async () => {
    const platform = await givenPlatform();
    expect(await takeTurn(platform, place)).toEqual({ kind: 'go', waitMilliseconds: 0 });
    expect(platform.notes.all.size).toBe(0);
  });

  it('is valid though the pace was forgotten while its call waited', async () => {
    const platform = await givenPlatform();
    const times = { nextCallAt: noon + 1_500, lineEndsAt: noon, slowedAt: noon - 1_000 };
    const value = { callsPerSecond: 1, turns: {}, ...times };
    await platform.notes.write('launch-pace', { value, expiresAt: noon + 100_000 });
    platform.notes.glance = async () => new Map();
    expect(await takeTurn(platform, place)).toEqual({ kind: 'go', waitMilliseconds: 1_500 });
    expect(platform.clock.now()).toBe(noon + 1_500);
  });
});

describe('the note of closed pools', () => {
  it.each([[[]], [['throttled']], [['unknown']]] as const)('is not written for %j', async (kinds) => {
    const { platform, answers } = await givenLaunched();
    await answers(...kinds.map((kind) => failed(kind)));
    expect(platform.notes.all.has('closed-pools')).toBe(false);
  });

  it('names a pool in a subnet that is no longer configured by that subnet', async () => {
    const { platform, answers } = await givenLaunched();
    await answers(failed('capacity', 'subnet-former'));
    const closed = Object.keys(platform.notes.all.get('closed-pools')!.value);
    expect(closed).toEqual(['on-demand:t3.medium:subnet-former']);
  });

  it('is kept until ten minutes after the last pool opens', async () => {
    const { platform, answers } = await givenLaunched();
    await answers(failed('unoffered', 'subnet-a'), failed('capacity', 'subnet-b'));
    expect(platform.notes.all.get('closed-pools')!.expiresAt).toBe(noon + (3_600 + 600) * 1_000);
  });
});

it('accepts a paced call after the pace was forgotten, and wakes nobody', async () => {
  const { platform, answers } = await givenLaunched();
  expect(await answers()).toEqual({ againNow: false, againSeconds: 10 });
  expect(platform.notes.all.size).toBe(0);
});
