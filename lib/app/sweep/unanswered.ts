/**
 * Jobs that only GitHub knows about, and that a sweep got no answer for: GitHub limited the call or failed, or time was
 * short. They are asked about again within minutes; their next regular time may be an hour away. A refusal that may last,
 * as of a permission, does not count. If the note is lost, the regular times remain.
 */
import { eachOf, fieldsOf, isNumber } from '../../core/fits.ts';
import type { Job } from '../../core/job.ts';
import type { Note, Notes } from '../../ports/notes.ts';
import { askAgainSeconds } from '../common/settings.ts';

export const unansweredNote = 'sweep/unanswered';

/** About 8 KB; others have their regular times. */
const mostKept = 200;
const keptMilliseconds = 60 * 60 * 1000;

export interface Unanswered {
  /** Whether to ask about it again by now. */
  isDue(job: Job): boolean;
  /** After the usual pause, and after this one. */
  failed(job: Job, retryAfterSeconds?: number): void;
  /** It was not its turn: the next sweep asks. */
  notAsked(job: Job): void;
  keep(notes: Notes): Promise<void>;
}

/** @param jobs those that this sweep read */
export function readUnanswered(note: Note | undefined, now: number, jobs: readonly Job[]): Unanswered {
  const before = new Map(note && areTimes(note.value) ? Object.entries(note.value['at'] as Times) : []);
  const read = new Set(jobs.map(keyOf));
  const remains = (key: string, at: number) => (read.has(key) ? at > now : at > now - keptMilliseconds);
  const next = new Map([...before].filter(([key, at]) => remains(key, at)));
  const askAt = (job: Job, at: number) => {
    if (job.unsettledAt !== undefined) next.set(keyOf(job), at);
  };
  return {
    isDue: (job) => (before.get(keyOf(job)) ?? Number.POSITIVE_INFINITY) <= now,
    failed: (job, retryAfterSeconds = 0) =>
      askAt(job, now + Math.max(askAgainSeconds, retryAfterSeconds) * 1000),
    notAsked: (job) => askAt(job, now),
    async keep(notes) {
      // Most sweeps find the same: the note lasts as long as the last of its times is of use.
      if (next.size === before.size && [...next].every(([key, at]) => before.get(key) === at)) return;
      const kept = shared([...next]).slice(0, mostKept);
      const last = Math.max(now, ...kept.map(([, at]) => at));
      await notes.write(unansweredNote, {
        value: { at: Object.fromEntries(kept) },
        expiresAt: last + keptMilliseconds,
      });
    },
  };
}

/** The latest of each tenant first, then the second of each: no tenant's jobs take the room of another's. */
function shared(entries: readonly Entry[]): Entry[] {
  const ofTenants = Map.groupBy(entries, ([key]) => key.split('/')[0]).values();
  const ranked = [...ofTenants].flatMap((own) => own.toReversed().map((entry, rank) => ({ entry, rank })));
  return ranked.toSorted((one, other) => one.rank - other.rank).map(({ entry }) => entry);
}

type Entry = readonly [key: string, at: number];
type Times = Readonly<Record<string, number>>;
const areTimes = fieldsOf({ at: eachOf(isNumber) });

const keyOf = ({ installationId, jobId }: Job) => `${installationId}/${jobId}`;
