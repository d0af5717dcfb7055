/**
 * Facts about a run that only GitHub knows: GitHub is asked only if some controller over a job of the run needs them,
 * and not again once its answer is stored. What is stored is what GitHub knows.
 */
import { isDeepStrictEqual } from 'node:util';
import type { WorldJob } from '../../world/context.ts';
import { aboutRun } from '../../world/runs.ts';
import type { Ledger, Note } from '../ledger.ts';
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
  ledger: Ledger,
  { name, by, given }: AuditedCall,
  runSince: number,
  note: Note,
): void {
  if (name === 'notes.write') followNote(ledger, String(given[0]), note);
  if (name !== 'github.getRun' || by !== 'admission') return;
  const [tenant, , runId] = given as [number, string, number];
  const jobs = [...ledger.worldJobs.values()].filter((job) => job.runId === runId);
  if (!jobs.some((job) => isNamedOver(ledger, { tenant, job, since: runSince })))
    note(
      'facts-fetched-needlessly',
      `GitHub was asked about run ${runId} of ${tenant}, but no controller needs its facts`,
    );
  const notedAt = Math.min(
    ...jobs.map((job) => factsNotedAt(ledger, tenant, job) ?? Number.POSITIVE_INFINITY),
  );
  if (ledger.now() - notedAt > underWayMilliseconds && jobs.every((job) => hasAttempt(ledger, tenant, job)))
    note(
      'facts-fetched-twice',
      `GitHub was asked about run ${runId} of ${tenant} again after it had answered`,
    );
}

function followNote(ledger: Ledger, noteName: string, note: Note): void {
  const about = ledger.notes.all.get(noteName)?.value['about'];
  if (!noteName.startsWith('runs/') || about === undefined) return;
  if (!ledger.factsNotedAt.has(noteName)) ledger.factsNotedAt.set(noteName, ledger.now());
  const [, tenant, runId] = noteName.split('/');
  const job = [...ledger.worldJobs.values()].find((one) => one.runId === Number(runId));
  if (!job || isDeepStrictEqual(about, aboutRun(job))) return;
  note('wrong-facts', `for run ${runId} of ${tenant}, ${JSON.stringify(about)} was stored`);
}

/** The reconciler finds jobs without a run attempt, and each of these asks separately. */
const hasAttempt = ({ rows }: Ledger, tenant: number, job: WorldJob) =>
  rows.jobs.get(`${tenant}/${job.id}`)?.runAttempt !== undefined;
