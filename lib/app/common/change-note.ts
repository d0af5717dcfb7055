/**
 * Changes a note that other copies change at the same time: reads it, and writes only if it is unchanged. A loser tries
 * again after a random delay, a bounded number of times, and then gives up. A process combines its changes to one note, so
 * that only copies compete, not the tenants that they serve.
 */
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Notes, NoteValue } from '../../ports/notes.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { pauseWithJitter } from './pause-with-jitter.ts';

export interface NoteDeps {
  readonly notes: Notes;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly telemetry: Telemetry;
}

export interface NoteChange<Value, Result> {
  /** Absent: nothing to write. */
  readonly value?: Value;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly result: Result;
}

/** Copies compete for one note; each attempt lets one of them succeed. */
const maxTries = 12;

type Change = (value: NoteValue | undefined, now: number) => NoteChange<object, unknown>;

interface Waiting {
  readonly change: Change;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/** This process's changes of notes in progress, by the note's name: the one in progress includes those that arrive. */
const underWay = new WeakMap<Notes, Map<string, Waiting[]>>();

/** @returns what `change` returned for the replaced value; undefined if others were always faster */
export function changeNote<Value extends object, Result>(
  deps: NoteDeps,
  name: string,
  change: (value: Value | undefined, now: number) => NoteChange<Value, Result>,
): Promise<Result | undefined> {
  const lines = underWay.get(deps.notes) ?? new Map<string, Waiting[]>();
  underWay.set(deps.notes, lines);
  return new Promise((resolve, reject) => {
    const done = resolve as Waiting['done'];
    const waiting: Waiting = { change: change as unknown as Change, done, failed: reject };
    const line = lines.get(name);
    if (line) return void line.push(waiting);
    const own = [waiting];
    lines.set(name, own);
    void workOff(deps, name, { own, lines });
  });
}

async function workOff(
  deps: NoteDeps,
  name: string,
  { own: line, lines }: { own: Waiting[]; lines: Map<string, Waiting[]> },
): Promise<void> {
  while (line.length > 0) {
    const group = line.splice(0);
    try {
      const results = await changeTogether(deps, name, { group, line });
      for (const [n, { done }] of group.entries()) done(results?.[n]);
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  }
  // In the same tick in which the queue was empty, so that no change is added to a queue that nothing processes.
  lines.delete(name);
}

/** All waiting changes, one after the other, in one write. */
async function changeTogether(
  deps: NoteDeps,
  name: string,
  { group, line }: { group: Waiting[]; line: Waiting[] },
): Promise<unknown[] | undefined> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const now = deps.clock.now();
    const note = (await deps.notes.read([name], now)).get(name);
    group.push(...line.splice(0));
    let value = note?.value;
    let expiresAt: number | undefined;
    const results = group.map(({ change }) => {
      const next = change(value, now);
      if (next.value !== undefined) {
        value = next.value as NoteValue;
        expiresAt = next.expiresAt;
      }
      return next.result;
    });
    if (value === undefined || expiresAt === undefined) return results;
    const written = { value, expiresAt, version: note?.version ?? 0, now };
    if (await deps.notes.writeIf(name, written)) return results;
    await pauseWithJitter(deps);
  }
  for (const _ of group) deps.telemetry.count('NotesFailed');
  return undefined;
}
