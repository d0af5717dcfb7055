/**
 * A job is run again at most once, and only if EC2 interrupted its machine. GitHub itself checks that the account
 * lets the App do so.
 */
import type { WorldJob } from '../world/context.ts';
import type { Books, Note } from './books.ts';

export function checkRerun(books: Books, job: WorldJob, note: Note): void {
  const times = (books.reruns.get(job.id) ?? 0) + 1;
  books.reruns.set(job.id, times);
  if (times > 1) note('rerun-twice', `job ${job.id} was re-run ${times} times`);
  if (job.attempt > 1) note('rerun-twice', `job ${job.id} was already a re-run, and was re-run again`);
  const machine = books.machineOfJob.get(job.id) ?? 'no machine';
  if (!books.takenBack.has(machine))
    note('rerun-without-cause', `job ${job.id} ran on ${machine}, which EC2 did not interrupt`);
}
