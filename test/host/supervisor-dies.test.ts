/**
 * The supervisor dies at each of its effects in turn: before it, after it, or with the request in progress, which
 * then still arrives. The next run must lose no job, and a stop must leave no container and no registration behind.
 */
import { describe, expect, it } from '@jest/globals';
import { createHostWorld, type Death } from './world.ts';

const serveRounds = 14;

/** A life with three jobs, and its end; a death may come anywhere. */
async function live(deaths: readonly Death[], isStoppedAtOnce = false) {
  const world = createHostWorld({ jobs: 3 });
  const left = [...deaths];
  for (let isServing = true, lives = 0; lives < 10; lives++) {
    const death = left.shift();
    world.world.effects = 0;
    const endOfServing = world.world.rounds + serveRounds;
    const until = isServing ? () => world.world.rounds >= endOfServing : undefined;
    const ended = await world.supervise({ ...(death ? { death } : {}), ...(until ? { until } : {}) });
    if (ended !== 'died') return { world, ended };
    const isSeen = world.world.rounds >= endOfServing;
    // The owner notices, and restarts or stops it.
    for (let round = 0; round < 2; round++) await world.play();
    if (isServing && (isSeen || isStoppedAtOnce)) {
      isServing = false;
      await world.state.putWish({ mode: 'drain', change: 0 });
    }
  }
  throw new Error('ten lives were not enough');
}

async function expectClean(deaths: readonly Death[], isStoppedAtOnce = false) {
  const { world, ended } = await live(deaths, isStoppedAtOnce);
  // Requests in progress must have arrived.
  for (let round = 0; round < 5; round++) await world.play();
  const left = { containers: [...world.engine.containers.keys()], registrations: world.registrations() };
  const records = (await world.state.runners()).map(({ name }) => name);
  const seen = { ...left, records, lost: world.lost, ended };
  const where = JSON.stringify({ deaths, lines: world.lines.slice(-12) }, null, 1);
  expect({ where, ...seen }).toEqual({
    where,
    containers: [],
    registrations: [],
    records: [],
    lost: [],
    ended: { left: [] },
  });
}

describe('a supervisor that dies', () => {
  it('has more than a hundred effects, so that deaths are tried everywhere', async () => {
    const { world } = await live([]);
    expect(world.world.done).toBe(3);
    expect(world.lost).toEqual([]);
  });

  const effects = Array.from({ length: 120 }, (_one, at) => at + 1);
  it.each(['before', 'after', 'under-way'] as const)('%s any effect of its first life', async (when) => {
    for (const at of effects) await expectClean([{ at, when }]);
  });

  it.each(['before', 'after', 'under-way'] as const)('%s any effect, and is then stopped', async (when) => {
    for (const at of effects) await expectClean([{ at, when }], true);
  });

  it.each(['before', 'after', 'under-way'] as const)('%s any effect of its stop', async (when) => {
    const serving = { at: 1_000_000, when };
    for (const at of effects.slice(0, 40)) await expectClean([serving, { at, when }, { at: at + 3, when }]);
  });
});
