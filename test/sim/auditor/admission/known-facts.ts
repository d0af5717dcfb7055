/** When GitHub's answer about a run was first stored, as the auditor saw it. */
import type { WorldJob } from '../../world/context.ts';
import type { Ledger } from '../ledger.ts';

/** Undefined: nobody knows GitHub's answer about the job's run. */
export function factsNotedAt(
  { factsNotedAt: noted }: Ledger,
  tenant: number,
  { id, runId, attempt }: WorldJob,
): number | undefined {
  return noted.get(`runs/${tenant}/${runId}/${attempt}`) ?? noted.get(`runs/${tenant}/${runId}/job-${id}`);
}
