/**
 * No step runs of a job that the operator's list excludes, on a machine that asks first. The list may change while it asks:
 * what it said at either end is as good.
 */
import type { Rows } from '../../fakes/world.ts';
import type { WorldJob } from '../world/context.ts';

/** Whether the list of the machine's tenant has the job's repository now. */
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
  note('begun-unlisted', `job ${job.id} of ${job.repository} began on ${instanceId}, and no list has it`);
}
