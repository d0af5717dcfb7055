/**
 * No machine starts for jobs that were over before their launch took its leases, unless the sweep resumes the launch of a caller
 * that died: it cannot know whether EC2 was asked, and asks with the same token.
 */
import type { AuditedMachine, Ledger, Note } from './ledger.ts';

export function checkLaunchedFor(
  ledger: Ledger,
  { machine, cause }: { machine: AuditedMachine; cause: readonly string[] },
  note: Note,
): void {
  const launch = ledger.launches.get(machine.launch);
  if (!launch || cause.includes('sweep')) return;
  const jobs = ledger.plannedJobs(launch).map(({ id }) => `${launch.tenant}/${id}`);
  // One that was refused may have waited again since.
  const isOver = (key: string) =>
    ledger.rows.jobs.get(key)?.state === 'done' && (ledger.doneSince.get(key) ?? Infinity) < launch.takenAt;
  if (jobs.length > 0 && jobs.every(isOver))
    note('launched-for-nothing', `${machine.id} of ${launch.id} is for ${jobs.join(', ')}, over before it`);
}
