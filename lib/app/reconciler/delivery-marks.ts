/**
 * What the reconciler remembers of webhook deliveries between two runs, in one note. A note of an older release lacks
 * what came later.
 */
import { fieldsOf, isNumber, isText, listOf, orAbsent, tupleOf } from '../../core/fits.ts';
import type { NoteValue } from '../../ports/notes.ts';
import { redeliveriesRemembered } from './reconcile-settings.ts';
import type { Walk } from './walk-deliveries.ts';

export interface DeliveryMarks {
  readonly failures: Walk;
  readonly all: Walk;
  /** Found, and not yet redelivered. */
  readonly waiting: readonly WaitingWebhook[];
  /** How often each was redelivered, by guid, newest last. */
  readonly asked: ReadonlyMap<string, number>;
}

export interface WaitingWebhook {
  readonly id: number;
  readonly guid: string;
  /** How often it was redelivered: `asked` may forget it while it waits. */
  readonly times: number;
}

/** As if nothing was remembered: all is walked through again, and what arrives twice changes nothing. */
export const noMarks: DeliveryMarks = {
  failures: { floor: 0, top: 0, cursor: undefined },
  all: { floor: 0, top: 0, cursor: undefined },
  waiting: [],
  asked: new Map(),
};

interface StoredWalk {
  readonly floor?: number;
  readonly top?: number;
  readonly cursor?: string;
  readonly failingSince?: number;
}

const isWalk = fieldsOf({
  floor: orAbsent(isNumber),
  top: orAbsent(isNumber),
  cursor: orAbsent(isText),
  failingSince: orAbsent(isNumber),
});
const isStored = fieldsOf({
  failures: orAbsent(isWalk),
  all: orAbsent(isWalk),
  waiting: orAbsent(listOf(tupleOf(isNumber, isText, isNumber))),
  asked: orAbsent(listOf(tupleOf(isText, isNumber))),
});

/** @returns undefined if a hand, or another release, wrote something else into the note */
export function readMarks(value: NoteValue = {}): DeliveryMarks | undefined {
  if (!isStored(value)) return undefined;
  const stored = value as {
    failures?: StoredWalk;
    all?: StoredWalk;
    waiting?: [number, string, number][];
    asked?: [string, number][];
  };
  return {
    failures: walkOf(stored.failures),
    all: walkOf(stored.all),
    waiting: (stored.waiting ?? []).map(([id, guid, times]) => ({ id, guid, times })),
    asked: new Map(stored.asked),
  };
}

const walkOf = ({ floor = 0, top = 0, cursor, failingSince }: StoredWalk = {}): Walk => ({
  floor,
  top,
  cursor,
  failingSince,
});

export const noteOf = ({ failures, all, waiting, asked }: DeliveryMarks): NoteValue => ({
  failures: storedWalk(failures),
  all: storedWalk(all),
  waiting: waiting.map(({ id, guid, times }) => [id, guid, times]),
  asked: [...asked].slice(-redeliveriesRemembered),
});

const storedWalk = ({ floor, top, cursor, failingSince }: Walk): StoredWalk => ({
  floor,
  top,
  ...(cursor === undefined ? {} : { cursor }),
  ...(failingSince === undefined ? {} : { failingSince }),
});
