import { describe, expect, it } from '@jest/globals';
import { changeNote } from '../../lib/app/common/change-note.ts';
import { pauseWithJitter } from '../../lib/app/common/pause-with-jitter.ts';
import type { Notes } from '../../lib/ports/notes.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryNotes } from '../fakes/notes.ts';
import { noon } from '../support/given.ts';

/** A process with ports of its own; `meanwhile` happens between its first read and its first write. */
function givenProcess(shared: Notes, meanwhile?: () => Promise<unknown>) {
  let writes = 0;
  const notes: Notes = {
    ...shared,
    async writeIf(name, note) {
      writes += 1;
      if (writes === 1) await meanwhile?.();
      return shared.writeIf(name, note);
    },
  };
  const telemetry = { event: () => undefined, count: () => undefined };
  const clock = { now: () => noon, sleep: async () => undefined };
  const deps = { notes, clock, telemetry, chance: createMemoryChance(1) };
  const count = () =>
    changeNote<{ n: number }, number>(deps, 'count', (known = { n: 0 }) => ({
      value: { n: known.n + 1 },
      expiresAt: noon + 60_000,
      result: known.n,
    }));
  return { deps, count, writes: () => writes };
}

it.each([
  [0, 5],
  [0.5, 27.5],
  [1, 50],
])(
  'copies that collided wait 5 to 50 ms: with the random number %d for %d ms',
  async (fraction, milliseconds) => {
    const clock = createMemoryClock(noon);
    await pauseWithJitter({ clock, chance: { ...createMemoryChance(1), fraction: () => fraction } });
    expect(clock.now() - noon).toBe(milliseconds);
  },
);

describe('changes of a note', () => {
  it('by one process at the same time are made in one write', async () => {
    const { count, writes } = givenProcess(createMemoryNotes());
    expect(await Promise.all([count(), count(), count()])).toEqual([0, 1, 2]);
    expect(writes()).toBe(1);
    expect(await count()).toBe(3);
  });

  it('are written together with one that changes nothing', async () => {
    const { deps, count, writes } = givenProcess(createMemoryNotes());
    const look = () =>
      changeNote<{ n: number }, number>(deps, 'count', (known = { n: 0 }) => ({
        expiresAt: noon,
        result: known.n,
      }));
    expect(await Promise.all([look(), count(), look()])).toEqual([0, 0, 1]);
    expect((await deps.notes.read(['count'], noon)).get('count')?.value).toEqual({ n: 1 });
    expect(await look()).toBe(1);
    expect(writes()).toBe(1);
  });

  it('stop reading the note once all of them are made', async () => {
    const { deps, count } = givenProcess(createMemoryNotes());
    const { read } = deps.notes;
    let reads = 0;
    const counting = (...given: Parameters<typeof read>) => {
      reads += 1;
      return read(...given);
    };
    Object.assign(deps.notes, { read: counting });
    await count();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toBe(1);
  });

  it('are given up after losing twelve times', async () => {
    const { deps } = givenProcess(createMemoryNotes());
    let tries = 0;
    const notes: Notes = {
      ...deps.notes,
      writeIf: async () => {
        tries += 1;
        return false;
      },
    };
    const clock = createMemoryClock(noon);
    const made = changeNote({ ...deps, notes, clock }, 'count', () => ({
      value: {},
      expiresAt: noon,
      result: 1,
    }));
    expect(await made).toBeUndefined();
    expect(tries).toBe(12);
    // From 5 to 50 milliseconds after each of them.
    expect(clock.now() - noon).toBeGreaterThanOrEqual(12 * 5);
    expect(clock.now() - noon).toBeLessThanOrEqual(12 * 50);
  });

  it('include one that arrives at the moment when the previous one is done', async () => {
    const { count } = givenProcess(createMemoryNotes());
    expect(await count()).toBe(0);
    expect(await count()).toBe(1);
    expect(await count().then(() => count())).toBe(3);
  });

  it('are repeated on top of another process’s write, with those that arrived since', async () => {
    const notes = createMemoryNotes();
    const other = givenProcess(notes);
    const late: Promise<unknown>[] = [];
    const own = givenProcess(notes, async () => {
      await other.count();
      late.push(own.count());
    });
    expect(await Promise.all([own.count(), own.count()])).toEqual([1, 2]);
    expect(await Promise.all(late)).toEqual([3]);
    expect((await notes.read(['count'], noon)).get('count')?.value).toEqual({ n: 4 });
  });

  it('fail together if the note cannot be read, and later ones do not', async () => {
    const notes = createMemoryNotes();
    const { deps, count } = givenProcess(notes);
    const { read } = deps.notes;
    Object.assign(deps.notes, { read: async () => Promise.reject(new Error('No.')) });
    const both = await Promise.allSettled([count(), count()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    Object.assign(deps.notes, { read });
    expect(await count()).toBe(0);
  });
});
