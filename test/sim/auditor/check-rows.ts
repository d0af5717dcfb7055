/** Invariants of the rows at any time: every waiting job has a readable reason, and machines are planned for somebody. */
import type { Runner } from '../../../lib/core/runner.ts';
import { checkEnds } from './check-ends.ts';
import type { Ledger, Note } from './ledger.ts';

export function checkRows(ledger: Ledger, note: Note): void {
  checkEnds(ledger, note);
  for (const [key, job] of ledger.rows.jobs) {
    if (job.state === 'waiting' && !job.reason?.text)
      note('wait-without-reason', `job ${key} waits without a reason`);
  }
  for (const machine of ledger.live()) {
    const age = (ledger.now() - machine.startedAt) / 1000;
    if (age > ledger.longestLifeSeconds)
      note('machine-overdue', `${machine.id} has run for ${Math.round(age)} s`);
  }
  checkWatched(ledger, note);
  checkOneMachinePerJob(ledger, note);
  checkSilent(ledger, note);
}

/** The sweep finds a machine only through its launch. */
function checkWatched({ rows }: Ledger, note: Note): void {
  for (const { instanceId, launchId, state } of rows.runners.values()) {
    const launch = rows.launches.get(launchId);
    if (state === 'ended' || !launch || launch.state !== 'closed' || launch.lookAt !== undefined) continue;
    note('machine-unwatched', `nothing will check ${instanceId} again: its launch was forgotten`);
  }
}

/** One machine is planned for a job; for a moment a second one may be, while plans are exchanged. */
const mostMachinesPerJob = 2;

function checkOneMachinePerJob(ledger: Ledger, note: Note): void {
  const meant = new Map<string, number>();
  for (const row of ledger.rows.runners.values()) {
    const machine = ledger.machines.get(row.instanceId);
    if (!machine?.live || row.state === 'ended') continue;
    // A machine gets one job: one that has run another job is planned for none.
    if (machine.ran !== undefined && machine.ran !== row.plannedJob) continue;
    // Nothing is planned for it any more, but EC2 may refuse for long to end it.
    if (machine.stoodDown) continue;
    // A runner that has been silent for too long is checked again for an hour, and no job relies on it.
    if (row.state === 'listening' && isSilentFor(ledger, row, 0)) continue;
    const key = `${row.installationId}/${row.plannedJob}`;
    meant.set(key, (meant.get(key) ?? 0) + 1);
  }
  for (const [key, count] of meant) {
    if (count > mostMachinesPerJob)
      note('job-with-many-runners', `${count} live machines are planned for job ${key}`);
  }
}

/** Some sweeps, of which some fail. */
const silentSeconds = 1_200;

/** A job that GitHub has queued must not rely for long on a listening machine that GitHub gives nothing. */
function checkSilent(ledger: Ledger, note: Note): void {
  for (const row of ledger.rows.runners.values()) {
    const machine = ledger.machines.get(row.instanceId);
    if (row.state !== 'listening' || !machine?.live || machine.ran !== undefined) continue;
    if (!isSilentFor(ledger, row, silentSeconds) || ledger.refused.has(machine.tenant)) continue;
    const job = ledger.rows.jobs.get(`${row.installationId}/${row.plannedJob}`);
    const isQueued = ledger.worldJobs.get(row.plannedJob)?.status === 'queued';
    if (isQueued && job?.state === 'covered' && job.lease === row.lease)
      note(
        'waits-for-silent-machine',
        `job ${row.plannedJob} waits for ${row.instanceId}, which does not respond`,
      );
  }
}

/** It has listened this much longer than it may without a job. */
function isSilentFor({ deployment, now }: Ledger, { listeningAt = 0 }: Runner, seconds: number): boolean {
  return now() >= listeningAt + (deployment.limits.idleSeconds + seconds) * 1000;
}
