/**
 * What all copies know about EC2's shortages, as it is in the notes. A pace or a closing in another form, which a hand or
 * another release wrote, counts as unknown: otherwise it would stop the launches of all tenants until the note expires.
 */
import { eachOf, fieldsOf, isNumber, isText, orAbsent } from '../../core/fits.ts';
import type { LaunchPace } from '../../core/launch-pace.ts';
import { type Closing, type Closings, poolSeconds } from '../../core/pools.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notes } from '../../ports/notes.ts';

export const closingsNote = 'closed-pools';
export const paceNote = 'launch-pace';

export interface Scarcity {
  readonly closings: Closings;
  /** Present: EC2 throttled within the last minutes, and calls need a turn. */
  readonly pace: LaunchPace | undefined;
}

export async function readScarcity(deps: {
  readonly notes: Notes;
  readonly clock: Clock;
}): Promise<Scarcity> {
  // A copy that does not see the latest state makes one refused call to EC2, and learns from it.
  const notes = await deps.notes.glance([closingsNote, paceNote], deps.clock.now());
  return {
    closings: closingsIn(notes.get(closingsNote)?.value),
    pace: paceIn(notes.get(paceNote)?.value),
  };
}

const isClosing = fieldsOf({
  cause: (cause) => Object.keys(poolSeconds).includes(cause as string),
  code: isText,
  until: isNumber,
});

export const closingsIn = (value: object = {}): Closings =>
  Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, Closing] => isClosing(entry[1])),
  );

const isPace = fieldsOf({
  callsPerSecond: (rate) => isNumber(rate) && rate > 0,
  cautiousFrom: orAbsent(isNumber),
  nextCallAt: isNumber,
  lineEndsAt: isNumber,
  turns: eachOf(fieldsOf({ at: isNumber, calledAt: isNumber })),
  slowedAt: isNumber,
});

export const paceIn = (value: object | undefined): LaunchPace | undefined =>
  isPace(value) ? (value as LaunchPace) : undefined;
