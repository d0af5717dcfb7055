/** When GitHub's word about a run was first written down, as the auditor saw it. */
import type { WorldJob } from '../../world/context.ts';
import type { Books } from '../books.ts';

/** Undefined: nobody knows what GitHub says of the job's run. */
export function factsNotedAt(
  { factsNotedAt: noted }: Books,
  tenant: number,
  { id, runId, attempt }: WorldJob,
): number | undefined {
  return noted.get(`runs/${tenant}/${runId}/${attempt}`) ?? noted.get(`runs/${tenant}/${runId}/job-${id}`);
}
