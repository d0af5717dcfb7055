import { describe, expect, it } from '@jest/globals';
import {
  passPlanningTurn,
  readPlanningTurn,
  takePlanningTurn,
} from '../../lib/app/scale-up/planning-turn.ts';
import { JobId } from '../../lib/core/ids.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { acme, givenEvent, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const place = { installationId: acme, tier: small };
const givenDeps = () => ({ notes: createMemoryNotes(), clock: createMemoryClock(noon) });

describe('the turn to plan for a tenant and tier', () => {
  it('is one copy’s, and the others leave a mark that makes it look again, once', async () => {
    const deps = givenDeps();
    const turn = await takePlanningTurn(deps, place);
    expect(await takePlanningTurn(deps, place)).toBeUndefined();
    expect(await takePlanningTurn(deps, place)).toBeUndefined();
    expect(await passPlanningTurn(deps, turn!)).toBe('again');
    expect(await passPlanningTurn(deps, turn!)).toBe('over');
    expect(await takePlanningTurn(deps, place)).toBeDefined();
  });

  it('goes to one of many that ask at once', async () => {
    const deps = givenDeps();
    const turns = await Promise.all(Array.from({ length: 20 }, () => takePlanningTurn(deps, place)));
    expect(turns.filter((turn) => turn !== undefined)).toHaveLength(1);
  });

  it('is passed on after two seconds, with a look for those that left a mark', async () => {
    const deps = givenDeps();
    const turn = await takePlanningTurn(deps, place);
    await takePlanningTurn(deps, place);
    deps.clock.advance(2_000);
    expect(await passPlanningTurn(deps, turn!)).toBe('late');
    expect(await takePlanningTurn(deps, place)).toBeDefined();
  });

  it('expires if its holder dies, which then cannot pass it on', async () => {
    const deps = givenDeps();
    const dead = await takePlanningTurn(deps, place);
    deps.clock.advance(10_000);
    const turn = await takePlanningTurn(deps, place);
    expect(turn).toBeDefined();
    expect(await passPlanningTurn(deps, dead!)).toBe('late');
    expect(await passPlanningTurn(deps, turn!)).toBe('over');
  });

  it('lets many leave a mark at the same moment, and none of their writes fails', async () => {
    const notes = createMemoryNotes();
    const failed: string[] = [];
    const told: typeof notes = {
      ...notes,
      writeIf: async (name, note) => {
        const met = await notes.writeIf(name, note);
        if (!met) failed.push('writeIf');
        return met;
      },
      writeWhile: async (name, note) => {
        const met = await notes.writeWhile(name, note);
        if (!met) failed.push('writeWhile');
        return met;
      },
    };
    const deps = { notes: told, clock: createMemoryClock(noon) };
    const turn = await takePlanningTurn(deps, place);
    const others = await Promise.all(Array.from({ length: 20 }, () => takePlanningTurn(deps, place)));
    expect(others.every((other) => other === undefined)).toBe(true);
    expect(await passPlanningTurn(deps, turn!)).toBe('again');
    expect(await passPlanningTurn(deps, turn!)).toBe('over');
    expect(failed).toEqual([]);
  });

  it('is kept by its holder if another copy leaves a mark at the same moment', async () => {
    const notes = createMemoryNotes();
    let marksLeft = 1;
    const late: typeof notes = {
      ...notes,
      writeIf: async (name, note) => {
        if (note.version > 0 && marksLeft-- > 0)
          await notes.writeWhile(name, { value: { wanted: true }, now: noon });
        return notes.writeIf(name, note);
      },
    };
    const deps = { notes: late, clock: createMemoryClock(noon) };
    const turn = await takePlanningTurn(deps, place);
    expect(await passPlanningTurn(deps, turn!)).toBe('again');
    expect(await passPlanningTurn(deps, turn!)).toBe('over');
  });

  it('accepts no mark that was sent before it was passed on, even from a copy whose clock is almost a minute slow', async () => {
    const deps = givenDeps();
    const turn = await takePlanningTurn(deps, place);
    const known = await readPlanningTurn(deps, place);
    const slow = { ...deps, clock: createMemoryClock(noon - 59_000) };
    deps.clock.advance(5);
    expect(await passPlanningTurn(deps, turn!)).toBe('over');
    expect(await takePlanningTurn(slow, place, known)).toBeDefined();
  });

  it('is tried for eight times if others are always faster', async () => {
    const notes = createMemoryNotes();
    let tries = 0;
    const met = async () => {
      tries += 1;
      return false;
    };
    const deps = { notes, clock: createMemoryClock(noon) };
    const turn = await takePlanningTurn(deps, place);
    const busy = { ...deps, notes: { ...notes, writeIf: met, writeWhile: met } };
    expect(await takePlanningTurn(busy, { ...place, tier: medium })).toBeUndefined();
    expect(tries).toBe(8);
    expect(await passPlanningTurn(busy, turn!)).toBe('late');
    expect(tries).toBe(16);
  });

  it('of another tier is separate', async () => {
    const deps = givenDeps();
    await takePlanningTurn(deps, place);
    expect(
      await takePlanningTurn(deps, { ...place, tier: givenTier({ name: 'large' as never }).name }),
    ).toBeDefined();
  });
});

describe('a burst of one tenant over many copies', () => {
  it('loses no job, and at most one transaction for each copy', async () => {
    const tier = givenTier({ maxRunners: 200 });
    const tenant = givenTenant({ maxRunners: 200 });
    const platform = await givenPlatform({ tenants: [tenant], deployment: { tiers: [tier] } });
    const batches = Array.from({ length: 20 }, (_, n) =>
      Array.from({ length: 10 }, (_, m) => givenEvent({ jobId: JobId(n * 10 + m + 1) })),
    );
    await Promise.all(batches.map((batch) => platform.accept(...batch)));
    await platform.deliverPokes();
    expect(platform.liveMachines()).toHaveLength(200);
    await expectBalanced(platform);
    // All find the launch rate unused in the same moment: one begins it, the others add to it then.
    expect(platform.telemetry.total('TakesRefused')).toBeLessThan(batches.length);
  });
});
