/**
 * Reads the pending jobs of all tenants, from where the last sweep stopped: however long one tenant's line is,
 * those behind it are handled within minutes. The position is a note. If it is lost or malformed, this sweep starts
 * again; if DynamoDB no longer accepts it, the next one does.
 */
import { fieldsOf, isNumber, isText, orAbsent } from '../../core/fits.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Note } from '../../ports/notes.ts';
import type { SweepDeps } from '../common/deps.ts';
import { pendingPageSize, pendingPages, pendingReadMilliseconds, settleSeconds } from '../common/settings.ts';
import { countLines, type Line } from './count-lines.ts';
import { readUnanswered, type Unanswered, unansweredNote } from './unanswered.ts';

export interface Pending {
  readonly jobs: readonly Job[];
  /** Each tenant whose jobs were read, and how many of its jobs this pass has read so far. */
  readonly lines: ReadonlyMap<InstallationId, Line>;
  /** The longest time since any of these jobs was looked at. */
  readonly unseenMilliseconds: number;
  /** The limit left jobs for the next sweep. */
  readonly isCut: boolean;
  /** Jobs that earlier sweeps got no answer for, and this one's. */
  readonly unanswered: Unanswered;
  readonly errors: readonly unknown[];
  /** Call it once the pokes were sent: after a crash before that, the next sweep reads the same jobs again. */
  keepPlace(): Promise<void>;
}

/** The position of a pass through all pending jobs. Stored only while a pass takes more than one sweep. */
interface Mark {
  readonly cursor?: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** How long the previous pass took. */
  readonly lastMilliseconds: number;
  /** The tenant whose jobs the last page ended in. */
  readonly line?: Line;
}

const noteName = 'sweep/pending';
const keptMilliseconds = 60 * 60 * 1000;

export async function readPending(deps: SweepDeps): Promise<Pending> {
  const now = deps.clock.now();
  const errors: unknown[] = [];
  const names = [noteName, unansweredNote];
  const notes = await deps.notes.read(names, now).catch((error: unknown) => void errors.push(error));
  const before = markOf(notes?.get(noteName));
  const lastMilliseconds = before?.lastMilliseconds ?? 0;
  const mark: Mark = before?.cursor ? before : { startedAt: now, lastMilliseconds };
  const { jobs, cursor, failures } = await readPages(deps, mark.cursor);
  errors.push(...failures);
  const { lines, last } = countLines(jobs, mark.cursor ? mark.line : undefined);
  const elapsed = now - mark.startedAt;
  const next: Mark | undefined = cursor
    ? {
        cursor,
        startedAt: mark.startedAt,
        lastMilliseconds: mark.lastMilliseconds,
        ...(last ? { line: last } : {}),
      }
    : { startedAt: now, lastMilliseconds: elapsed };
  const isOrdinary = !cursor && !mark.cursor && mark.lastMilliseconds === 0;
  return {
    jobs,
    lines,
    unseenMilliseconds: mark.lastMilliseconds + elapsed + settleSeconds * 1000,
    isCut: cursor !== undefined,
    unanswered: readUnanswered(notes?.get(unansweredNote), now, jobs),
    errors,
    async keepPlace() {
      if (isOrdinary) return;
      await deps.notes.write(noteName, { value: { ...next }, expiresAt: now + keptMilliseconds });
    },
  };
}

const markOf = (note: Note | undefined): Mark | undefined =>
  note && isMark(note.value) ? (note.value as unknown as Mark) : undefined;

const isMark = fieldsOf({
  cursor: orAbsent(isText),
  startedAt: isNumber,
  lastMilliseconds: isNumber,
  line: orAbsent(fieldsOf({ installationId: isNumber, blocked: isNumber, waiting: isNumber })),
});

/** What was read before a page failed counts, and the next sweep continues there. */
async function readPages(
  deps: SweepDeps,
  from: string | undefined,
): Promise<{ jobs: Job[]; cursor: string | undefined; failures: readonly unknown[] }> {
  const until = deps.clock.now() + pendingReadMilliseconds;
  const jobs: Job[] = [];
  const failures: unknown[] = [];
  let cursor = from;
  for (let page = 1; page <= pendingPages && deps.clock.now() < until; page++) {
    try {
      const found = await deps.jobs.scanPendingAcrossTenants({
        limit: pendingPageSize,
        ...(cursor ? { cursor } : {}),
      });
      jobs.push(...found.jobs);
      failures.push(...(found.unreadable ?? []).slice(0, 1));
      cursor = found.cursor;
    } catch (failure) {
      const isPlaceLost = !(failure instanceof OperationalError && failure.retryable);
      return { jobs, cursor: isPlaceLost ? undefined : cursor, failures: [...failures, failure] };
    }
    if (!cursor) break;
  }
  return { jobs, cursor, failures };
}
