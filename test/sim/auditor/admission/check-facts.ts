/**
 * Facts about a run that only GitHub knows: GitHub is asked only if some controller over a job of the run needs them,
 * and not again once its answer is stored.
 */
import type { WorldJob } from '../../world/context.ts';
import type { Books, Note } from '../books.ts';
import { isNamedOver } from './check-admission.ts';
import { factsNotedAt } from './known-facts.ts';

export interface AuditedCall {
  /** `github.getRun`, … */
  readonly name: string;
  /** The function that makes the call. */
  readonly by: string;
  readonly given: readonly unknown[];
}

/** A question asked before the answer was stored may arrive this much later, because a call may stall. */
const underWayMilliseconds = 60_000;

export function followFacts(
  books: Books,
  { name, by, given }: AuditedCall,
  runSince: number,
  note: Note,
): void {
  if (name === 'notes.write') {
    const [noteName] = given as [string];
    const isThere =
      noteName.startsWith('runs/') && books.notes.all.get(noteName)?.value['about'] !== undefined;
    if (isThere && !books.factsNotedAt.has(noteName)) books.factsNotedAt.set(noteName, books.now());
  }
  if (name !== 'github.getRun' || by !== 'admission') return;
  const [tenant, , runId] = given as [number, string, number];
  const jobs = [...books.worldJobs.values()].filter((job) => job.runId === runId);
  if (!jobs.some((job) => isNamedOver(books, { tenant, job, since: runSince })))
    note(
      'facts-fetched-needlessly',
      `GitHub was asked about run ${runId} of ${tenant}, but no controller needs its facts`,
    );
  const notedAt = Math.min(
    ...jobs.map((job) => factsNotedAt(books, tenant, job) ?? Number.POSITIVE_INFINITY),
  );
  if (books.now() - notedAt > underWayMilliseconds && jobs.every((job) => hasAttempt(books, tenant, job)))
    note(
      'facts-fetched-twice',
      `GitHub was asked about run ${runId} of ${tenant} again after it had answered`,
    );
}

/** The reconciler finds jobs without a run attempt, and each of these asks separately. */
const hasAttempt = ({ rows }: Books, tenant: number, job: WorldJob) =>
  rows.jobs.get(`${tenant}/${job.id}`)?.runAttempt !== undefined;
