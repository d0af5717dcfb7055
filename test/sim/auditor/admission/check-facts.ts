/**
 * What only GitHub knows of a run: GitHub is asked only where some controller over a job of the run names it, and no more once
 * its answer is written down.
 */
import type { WorldJob } from '../../world/context.ts';
import type { Books, Note } from '../books.ts';
import { isNamedOver } from './check-admission.ts';
import { factsNotedAt } from './known-facts.ts';

export interface AuditedCall {
  /** `github.getRun`, … */
  readonly name: string;
  /** The function that makes it. */
  readonly by: string;
  readonly given: readonly unknown[];
}

/** Who asked before it was written down may be heard so much later: a call may stall on its way. */
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
      'facts-for-nothing',
      `GitHub was asked about run ${runId} of ${tenant}, and no controller names that`,
    );
  const notedAt = Math.min(
    ...jobs.map((job) => factsNotedAt(books, tenant, job) ?? Number.POSITIVE_INFINITY),
  );
  if (books.now() - notedAt > underWayMilliseconds && jobs.every((job) => hasAttempt(books, tenant, job)))
    note('facts-asked-again', `GitHub was asked about run ${runId} of ${tenant}, and had answered`);
}

/** The reconciler finds jobs without one, and each of these asks for itself. */
const hasAttempt = ({ rows }: Books, tenant: number, job: WorldJob) =>
  rows.jobs.get(`${tenant}/${job.id}`)?.runAttempt !== undefined;
