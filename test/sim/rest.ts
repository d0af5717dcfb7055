/**
 * When a quiet world stands still: jobs wait or run, no deadline is near, and no row and no note has changed for two sweeps. The
 * next sweeps would find the same until something happens, and so they come as seldom as in a calm world. Near a deadline,
 * and after each change, they come each minute again.
 */
import { type Job, waitsSince } from '../../lib/core/job.ts';
import type { Launch } from '../../lib/core/launch.ts';
import { isHeldByControllers } from './auditor/check-waiting.ts';
import type { Ledger } from './auditor/ledger.ts';

/** A sweep takes seconds, and clocks are wrong by seconds: what is due later than this is for a later one. */
const soonMilliseconds = 60_000;
/** The sweep asks GitHub about a job two minutes before its rest is over. What is due gets as long to happen. */
const nearMilliseconds = 180_000;

/** Looks, each of them a minute after the one before: a whole sweep ran between the last two. */
const sameLooks = 2;

/** Only the reconciler reads the first; a group that lets a job begin is seen by the job's launch. */
const othersNotes = /^(reconcile|runner-group)/;

/** To be called each minute. Answers whether the world stands still. */
export function createRestWatch(ledger: Ledger, messagesLeft: () => number): () => boolean {
  let before: readonly unknown[] = [];
  let looks = 0;
  return () => {
    const seen = everything(ledger);
    const isSame = seen.length === before.length && seen.every((row, n) => row === before[n]);
    before = seen;
    looks = isSame && messagesLeft() === 0 && nothingIsDue(ledger) ? looks + 1 : 0;
    return looks >= sameLooks;
  };
}

/** Whoever changes a row or a note puts another one in its place. */
function everything({ rows, notes }: Ledger): unknown[] {
  const { tenants, jobs, launches, runners, capRows, lines, controllers, questions, decisions, usage } = rows;
  const tables = [tenants, jobs, launches, runners, capRows, lines, controllers, questions, decisions, usage];
  const kept = [...notes.all].flatMap(([name, note]) => (othersNotes.test(name) ? [] : note));
  return [...tables.flatMap((table) => [...table.values()]), ...kept];
}

const nothingIsDue = (ledger: Ledger): boolean =>
  [...ledger.rows.launches.values()].every((launch) => isLeftAlone(ledger, launch)) &&
  [...ledger.rows.jobs.values()].every((job) => job.state === 'done' || isSettled(ledger, job));

/** The sweep finds machines by the time at which their launch is to be looked at. */
const isLeftAlone = ({ now }: Ledger, { state, lookAt = Number.POSITIVE_INFINITY }: Launch): boolean =>
  state === 'closed' && lookAt > now() + soonMilliseconds;

/** Nobody has to be asked about it, and nothing that it waits for is due. */
function isSettled({ now, deployment }: Ledger, job: Job): boolean {
  if (job.goneAt !== undefined || job.unsettledAt !== undefined || isHeldByControllers(job)) return false;
  if (job.state !== 'waiting') return job.state === 'running';
  const left = waitsSince(job) + deployment.limits.waitSeconds * 1000 - now();
  const rests = (job.retryAt ?? 0) - now();
  return (left > soonMilliseconds || left < -nearMilliseconds) && Math.abs(rests) > nearMilliseconds;
}
