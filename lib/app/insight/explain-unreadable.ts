/** Explains a job whose launch or machine has a row that cannot be read: nobody knows how far that machine is. */
import { launchOfLease } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Verdict } from './explanation.ts';
import type { Facts } from './facts.ts';

/** Undefined: the job's state can be explained without the rows that cannot be read. */
export function explainUnreadable(facts: Facts, job: Job): Verdict | undefined {
  const needed = rowsNeeded(facts, job);
  const row = facts.unreadable?.find(({ key }) => needed.includes(key));
  return (
    row && {
      code: 'row-unreadable',
      line: row.error.message,
      next: 'The platform leaves the row as it is. The sweep names it each minute, and goes on once it is corrected.',
      fix: 'Correct the attribute: docs/RUNBOOK.md, "A row cannot be read", has the commands.',
      who: 'operator',
    }
  );
}

function rowsNeeded({ plan }: Facts, { state, lease, runner, startRefusal }: Job): readonly string[] {
  if (state === 'running' && runner !== undefined && !startRefusal) return [runner];
  if (state !== 'covered' || lease === undefined) return [];
  return [launchOfLease(lease), plan?.launch?.instances.get(lease) ?? ''];
}
