/**
 * Places for requests that wait for questions, over all copies of the function: one note has them. A place that nobody
 * gives back is free again once its request must have ended. A malformed note counts as lost: then all places are free.
 */
import { addLongPoll, type LongPoll, type LongPollBounds } from '../../core/controllers/long-polls.ts';
import { fieldsOf, isNumber, isText, listOf } from '../../core/fits.ts';
import type { InstallationId } from '../../core/ids.ts';
import { changeNote, type NoteDeps } from '../common/change-note.ts';

export interface LongPolls {
  /** Undefined: there is no place. @throws OperationalError */
  take(owner: InstallationId, milliseconds: number): Promise<LongPollPlace | undefined>;
}

export interface LongPollPlace {
  /** @throws OperationalError */
  giveBack(): Promise<void>;
}

interface Open {
  readonly open: readonly LongPoll[];
}

const isOpen = fieldsOf({ open: listOf(fieldsOf({ id: isText, owner: isNumber, until: isNumber })) });
const openIn = (note: Open | undefined) => (note && isOpen(note) ? note.open : []);

const noteName = 'long-polls';
/** Beyond the wait itself: for a look that had begun, and the clocks of two copies. */
const marginMilliseconds = 5_000;
/** A note without waiting requests is dropped after this. */
const keptMilliseconds = 60_000;

export function createLongPolls(deps: NoteDeps, bounds: LongPollBounds): LongPolls {
  const expiresAt = (open: readonly LongPoll[], now: number) =>
    Math.max(now + keptMilliseconds, ...open.map(({ until }) => until));
  return {
    async take(owner, milliseconds) {
      const id = deps.chance.id();
      const isTaken = await changeNote<Open, boolean>(deps, noteName, (note, now) => {
        const added = { id, owner, until: now + milliseconds + marginMilliseconds };
        const open = addLongPoll(openIn(note), added, { bounds, now });
        if (!open) return { expiresAt: now, result: false };
        return { value: { open }, expiresAt: expiresAt(open, now), result: true };
      });
      return isTaken ? { giveBack: () => giveBack(id) } : undefined;
    },
  };

  async function giveBack(id: string): Promise<void> {
    await changeNote<Open, void>(deps, noteName, (note, now) => {
      const open = openIn(note).filter((each) => each.id !== id);
      return { value: { open }, expiresAt: expiresAt(open, now), result: undefined };
    });
  }
}
