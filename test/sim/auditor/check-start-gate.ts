/**
 * On a machine with a start gate, no step runs of a job that the operator's list excludes. The list may change while
 * the machine asks: its content at either end is accepted.
 */
import type { Rows } from '../../fakes/world.ts';
import type { WorldJob } from '../world/context.ts';

/** Whether the list of the machine's tenant includes the job's repository now. */
export function listsJob(rows: Rows, job: WorldJob, instanceId: string): boolean {
  const runner = rows.runners.get(instanceId as never);
  const list = runner && rows.tenants.get(runner.installationId)?.allowedRepositories;
  return list === undefined || list.includes(job.repositoryId);
}

export function checkBegin(
  rows: Rows,
  begun: { readonly job: WorldJob; readonly instanceId: string; readonly wasListed: boolean },
  note: (invariant: string, detail: string) => void,
): void {
  const { job, instanceId, wasListed } = begun;
  if (wasListed || listsJob(rows, job, instanceId)) return;
  note(
    'begun-unlisted',
    `job ${job.id} of ${job.repository} began on ${instanceId}, but its repository is not allowed`,
  );
}
