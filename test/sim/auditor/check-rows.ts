/** What must hold of the rows at any time: facts never go backwards, and whoever waits has a reason that can be read. */
import type { Job } from '../../../lib/core/job.ts';
import type { Books, Note } from './books.ts';

export function checkRows(books: Books, note: Note): void {
  for (const [key, job] of books.rows.jobs) {
    if (job.state === 'done' && !books.doneJobs.has(key)) {
      books.doneJobs.add(key);
      checkEnd(books, job, note);
    } else if (job.state !== 'done' && books.doneJobs.has(key)) {
      note('done-job-came-back', `job ${key} was done, and is ${job.state}`);
    }
    if (job.state === 'waiting' && !job.reason?.text)
      note('wait-without-reason', `job ${key} waits without a reason`);
  }
  for (const machine of books.live()) {
    const age = (books.now() - machine.startedAt) / 1000;
    if (age > books.longestLifeSeconds)
      note('machine-overdue', `${machine.id} lives since ${Math.round(age)} s`);
  }
  checkOneMachinePerJob(books, note);
}

/** Completed and cancelled are GitHub's words: who says so of a job that GitHub still has queued has lost it. */
function checkEnd(books: Books, job: Job, note: Note): void {
  const known = books.worldJobs.get(job.jobId);
  if (!known || books.toldGone.has(job.installationId)) return;
  const hasNotBegun = known.status === 'queued' || known.status === 'waiting';
  const isReached = known.account.installationId === job.installationId && !known.account.suspended;
  if (hasNotBegun && isReached && goneReasons.includes(job.reason?.code ?? '')) {
    note('job-lost', `job ${job.jobId} is ${job.reason?.code}, and GitHub has it ${known.status}`);
  }
  if (hasNotBegun && (job.outcome === 'completed' || job.outcome === 'cancelled')) {
    note('job-lost', `job ${job.jobId} is ${job.outcome} here, and ${known.status} on GitHub`);
  }
}

/** That GitHub, or the tenant, has no such thing any more. */
const goneReasons: readonly string[] = ['repository-removed', 'gone-from-github', 'tenant-deleted'];

/** One machine is meant for a job; a second one may be, for a moment, while plans change places. */
const mostMachinesPerJob = 2;

function checkOneMachinePerJob(books: Books, note: Note): void {
  const meant = new Map<string, number>();
  for (const row of books.rows.runners.values()) {
    const machine = books.machines.get(row.instanceId);
    if (!machine?.live || row.state === 'ended') continue;
    if (machine.job !== undefined && machine.job !== row.plannedJob) continue;
    const key = `${row.installationId}/${row.plannedJob}`;
    meant.set(key, (meant.get(key) ?? 0) + 1);
  }
  for (const [key, count] of meant) {
    if (count > mostMachinesPerJob)
      note('job-with-many-runners', `${count} live machines are meant for job ${key}`);
  }
}
