/** Whether machines that ran jobs unknown to the App are counted, and only those. */
import type { Ledger, Note } from './ledger.ts';

/**
 * At the end of any log: whatever was lost, no machine is counted as running an unknown job if it ran nothing at
 * all.
 */
export function checkInvented({ rows, machines }: Ledger, note: Note): void {
  for (const { instanceId, unknownRunAt } of rows.runners.values()) {
    if (unknownRunAt === undefined || machines.get(instanceId)?.ranJobs.size !== 0) continue;
    note('unlisted-run-invented', `${instanceId} is counted, but ran no job`);
  }
}

/**
 * At the end of a calm log: each machine to which GitHub gave a job of a repository outside the installation, and
 * that ended by itself, is counted against its tenant; no other machine is. If webhooks are lost, or if GitHub sent none
 * because the App was suspended while the machine ran its job, the two cannot be told apart.
 */
export function checkUnlisted(ledger: Ledger, note: Note): void {
  for (const { instanceId, installationId, unknownRunAt } of ledger.rows.runners.values()) {
    const ran = ledger.ranUnlisted.has(instanceId);
    const endedByItself = !ledger.endedByPlatform.has(instanceId);
    // If GitHub refuses the tenant's calls, nobody finds out.
    if (ran && endedByItself && unknownRunAt === undefined && !ledger.refused.has(installationId))
      note(
        'unlisted-run-not-counted',
        `${instanceId} ran a job of a repository outside the installation, and was not counted`,
      );
    const { ranJobs = [] } = ledger.machines.get(instanceId) ?? {};
    const wasTold = [...ranJobs].every((jobId) =>
      ledger.told.has(`${installationId}/${jobId} on ${instanceId}`),
    );
    if (!ran && wasTold && unknownRunAt !== undefined)
      note('unlisted-run-invented', `${instanceId} is counted for a job that it never ran`);
  }
}
