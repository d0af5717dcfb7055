/**
 * A job is planned for a machine as soon as its row has a launch's lease; EC2 is not asked before that. The
 * policies that may apply are fixed when the launch is taken; a failure of its controllers may still be recorded in
 * between.
 */
import type { WorldJob } from '../../world/context.ts';
import type { AuditedLaunch, Ledger, Note } from '../ledger.ts';
import { checkAdmitted } from './check-admission.ts';

interface Planned {
  readonly launch: AuditedLaunch;
  readonly job: WorldJob;
  /** When the launch was taken, and when the run that took it began. */
  readonly about: { readonly tenant: number; readonly since: number; readonly runSince: number };
}

export function createPlannedCheck(ledger: Ledger, note: Note) {
  let left: Planned[] = [];
  const rowOf = ({ about, job }: Planned) => ledger.rows.jobs.get(`${about.tenant}/${job.id}`);
  const check = ({ about, job }: Planned) =>
    checkAdmitted(ledger, { ...about, job, what: 'is to have a machine' }, note);
  return {
    taken(launch: AuditedLaunch, runSince: number): void {
      const about = { tenant: launch.tenant, since: ledger.now(), runSince };
      left.push(...ledger.plannedJobs(launch).map((job) => ({ launch, job, about })));
    },
    /** Called after each call that may have given a job its lease. */
    look(): void {
      left = left.filter((planned) => {
        const launch = ledger.rows.launches.get(planned.launch.id as never);
        const plan = launch?.plannedJobs.find(({ jobId }) => jobId === planned.job.id);
        // It was left out of the launch, or the launch is over.
        if (!plan || launch?.state === 'closed') return false;
        if (rowOf(planned)?.lease !== plan.lease) return true;
        check(planned);
        return false;
      });
    },
  };
}
