/**
 * Changes a note that other copies change at the same time: reads it, and writes only over what was read. A loser looks
 * again, a bounded number of times, after a chance delay; whoever never wins goes without.
 */
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Notes, NoteValue } from '../../ports/notes.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface NoteDeps {
  readonly notes: Notes;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Telemetry;
}

export interface NoteChange<Value, Result> {
  /** Absent: nothing is to be written. */
  readonly value?: Value;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly result: Result;
}

/** Fifty copies may meet over one note; each try lets some of them through. */
const maxTries = 12;

/** @returns what `change` said of the value it was written over; undefined where others were always faster */
export async function changeNote<Value extends object, Result>(
  deps: NoteDeps,
  name: string,
  change: (value: Value | undefined, now: number) => NoteChange<Value, Result>,
): Promise<Result | undefined> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const now = deps.clock.now();
    const note = (await deps.notes.read([name], now)).get(name);
    const { value, expiresAt, result } = change(note?.value as Value | undefined, now);
    if (value === undefined) return result;
    const written = { value: value as NoteValue, expiresAt, version: note?.version ?? 0, now };
    if (await deps.notes.writeIf(name, written)) return result;
    await deps.clock.sleep(5 + deps.chance.fraction() * 45);
  }
  deps.telemetry.count('NotesFailed');
  return undefined;
}
