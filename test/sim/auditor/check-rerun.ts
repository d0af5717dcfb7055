/**
 * A job is run again at most once, and only if EC2 interrupted its machine. GitHub itself checks that the account
 * lets the App do so.
 */
import type { WorldJob } from '../world/context.ts';
import type { Ledger, Note } from './ledger.ts';

export function checkRerun(ledger: Ledger, job: WorldJob, note: Note): void {
  const times = (ledger.reruns.get(job.id) ?? 0) + 1;
  ledger.reruns.set(job.id, times);
  if (times > 1) note('rerun-twice', `job ${job.id} was re-run ${times} times`);
  if (job.attempt > 1) note('rerun-twice', `job ${job.id} was already a re-run, and was re-run again`);
  const machine = ledger.machineOfJob.get(job.id) ?? 'no machine';
  if (!ledger.takenBack.has(machine))
    note('rerun-without-cause', `job ${job.id} ran on ${machine}, which EC2 did not interrupt`);
}
