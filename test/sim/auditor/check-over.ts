/**
 * Some time after the faults have stopped, everything is over: each job has ended, and each machine and lease is
 * gone.
 */
import type { Ledger, Note } from './ledger.ts';

export function isOver(ledger: Ledger): boolean {
  // Called very often, so the check that usually decides comes first: a job in progress.
  for (const { state } of ledger.rows.jobs.values()) if (state !== 'done') return false;
  let over = true;
  checkOver(ledger, () => {
    over = false;
  });
  return over;
}

export function checkOver(ledger: Ledger, note: Note): void {
  const { rows } = ledger;
  for (const [key, job] of rows.jobs) {
    if (job.state !== 'done')
      note('job-never-ended', `job ${key} is still ${job.state}: ${job.reason?.text ?? ''}`);
    else if (!job.outcome) note('job-without-outcome', `job ${key} is done without an outcome`);
    else checkWhereItRan(ledger, key, note);
  }
  for (const machine of ledger.live())
    note('machine-never-ended', `${machine.id} of ${machine.tenant} is still running`);
  for (const tenant of rows.tenants.values()) {
    if (tenant.leases !== 0)
      note('lease-leaked', `${tenant.installationId} still counts ${tenant.leases} leases`);
    for (const [tier, leases] of tenant.tierLeases) {
      if (leases !== 0)
        note('lease-leaked', `${tenant.installationId} still counts ${leases} leases in ${tier}`);
    }
  }
  for (const { key, leases } of rows.capRows.values()) {
    if (leases !== 0) note('shared-lease-leaked', `${key} still counts ${leases} leases`);
  }
  for (const launch of rows.launches.values()) {
    if (launch.state !== 'closed')
      note('launch-never-closed', `launch ${launch.launchId} is still ${launch.state}`);
  }
  for (const runner of rows.runners.values()) {
    if (runner.state !== 'ended')
      note('runner-never-ended', `runner ${runner.instanceId} is still ${runner.state}`);
  }
}

/** This row shows what a job cost, or what a machine was used for. GitHub's completed event names the runner. */
function checkWhereItRan({ rows, worldJobs }: Ledger, key: string, note: Note): void {
  const job = rows.jobs.get(key);
  const truth = job && worldJobs.get(job.jobId);
  // Jobs that the platform ended without GitHub have another conclusion; a runner of the tenant's own has no row.
  if (!job || !truth?.runnerName?.startsWith('i-') || job.outcome !== 'completed') return;
  if (job.conclusion === truth.conclusion && job.runner !== truth.runnerName)
    note('recorded-wrong-runner', `job ${key} ran on ${truth.runnerName}, but its row says ${job.runner}`);
}
