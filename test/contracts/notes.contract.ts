/** What every `Notes` promises, in memory and in DynamoDB. */
import { expect, it } from '@jest/globals';
import type { Notes } from '../../lib/ports/notes.ts';
import { noon } from '../support/given.ts';

export function notesContract(fresh: () => Promise<Notes>): void {
  const later = noon + 60_000;

  it('shows a note until it expires', async () => {
    const notes = await fresh();
    await notes.write('pool', { value: { dry: true }, expiresAt: later });
    expect(await notes.read(['pool', 'other'], noon)).toEqual(
      new Map([['pool', { value: { dry: true }, expiresAt: later, version: 1 }]]),
    );
    expect(await notes.read(['pool'], later)).toEqual(new Map());
  });

  it('shows it to an eventually consistent read too, which never sees an expired one', async () => {
    const notes = await fresh();
    await notes.write('pool', { value: { dry: true }, expiresAt: later });
    const seen = await notes.glance(['pool', 'other'], noon);
    expect(seen).toEqual(new Map([['pool', { value: { dry: true }, expiresAt: later, version: 1 }]]));
    expect(await notes.glance(['pool'], later)).toEqual(new Map());
  });

  it('overwrites an existing note, and increments its version', async () => {
    const notes = await fresh();
    await notes.write('pool', { value: { n: 1 }, expiresAt: later });
    await notes.write('pool', { value: { n: 2 }, expiresAt: later });
    expect((await notes.read(['pool'], noon)).get('pool')).toMatchObject({ value: { n: 2 }, version: 2 });
  });

  it('lets one of two who read the same version write', async () => {
    const notes = await fresh();
    await notes.write('pace', { value: { n: 1 }, expiresAt: later });
    expect(await notes.writeIf('pace', { value: { n: 2 }, expiresAt: later, version: 1, now: noon })).toBe(
      true,
    );
    expect(await notes.writeIf('pace', { value: { n: 3 }, expiresAt: later, version: 1, now: noon })).toBe(
      false,
    );
    expect((await notes.read(['pace'], noon)).get('pace')?.value).toEqual({ n: 2 });
  });

  it('treats a missing or expired note as version 0', async () => {
    const notes = await fresh();
    expect(await notes.writeIf('pace', { value: { n: 1 }, expiresAt: later, version: 0, now: noon })).toBe(
      true,
    );
    expect(await notes.writeIf('pace', { value: { n: 2 }, expiresAt: later, version: 0, now: noon })).toBe(
      false,
    );
    expect(
      await notes.writeIf('pace', { value: { n: 3 }, expiresAt: later + 1, version: 0, now: later }),
    ).toBe(true);
    expect((await notes.read(['pace'], noon)).get('pace')).toMatchObject({ value: { n: 3 }, version: 2 });
  });

  it('lets exactly one of many first writers through', async () => {
    const notes = await fresh();
    const writers = Array.from({ length: 10 }, (_, n) =>
      notes.writeIf('pace', { value: { n }, expiresAt: later, version: 0, now: noon }),
    );
    expect((await Promise.all(writers)).filter((won) => won)).toHaveLength(1);
  });

  it('is overwritten by many at once while it exists, and keeps its expiry', async () => {
    const notes = await fresh();
    await notes.write('turn', { value: {}, expiresAt: later });
    const writers = Array.from({ length: 5 }, () =>
      notes.writeWhile('turn', { value: { wanted: true }, now: noon }),
    );
    expect(await Promise.all(writers)).toEqual([true, true, true, true, true]);
    expect((await notes.read(['turn'], noon)).get('turn')).toEqual({
      value: { wanted: true },
      expiresAt: later,
      version: 6,
    });
    expect(await notes.writeWhile('turn', { value: {}, now: later })).toBe(false);
    expect(await notes.writeWhile('other', { value: {}, now: noon })).toBe(false);
    expect(await notes.read(['other'], noon)).toEqual(new Map());
  });
}
