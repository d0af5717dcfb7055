/** A decision recorded at the start gate was asked for a job that GitHub had already given to a machine. */
import type { Decision } from '../../../../lib/core/controllers/decision.ts';
import type { Ledger, Note } from '../ledger.ts';
import type { AuditedCall } from './check-facts.ts';

export function checkGate(ledger: Ledger, { given }: AuditedCall, note: Note): void {
  const [decisions] = given as [readonly Decision[]];
  for (const { gate, jobId } of decisions) {
    if (gate === 'start' && !ledger.machineOfJob.has(jobId))
      note('wrong-gate', `the start gate asked about job ${jobId}, which never reached it`);
  }
}
