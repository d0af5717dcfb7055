/**
 * While controllers are in force, no job begins on a machine without a start gate, once a whole sweep has run since
 * (ADR 0092). GitHub's refusals may delay it, so a tenant that GitHub refused anything is left out.
 */
import type { WorldJob } from '../../world/context.ts';
import type { Ledger, Note } from '../ledger.ts';
import { requiresGate } from './check-admission.ts';

/** A sweep that takes at most this long leaves no machine to the next one. */
const wholeMilliseconds = 20_000;

export function createRanUngatedCheck(ledger: Ledger, note: Note) {
  const asks = new Map<string, boolean>();
  /** When the last complete sweep that could see the machine began. */
  const lookedAt = new Map<string, number>();
  const isEnded = (instanceId: string) => ledger.rows.runners.get(instanceId as never)?.state === 'ended';
  return {
    /** @param gated whether its runner asks before a job's first step, by the latest report */
    told: (instanceId: string, gated: boolean) => void asks.set(instanceId, gated),
    /** @returns to be called when that sweep has finished all of its work */
    sweepBegins(): () => void {
      const at = ledger.now();
      const named = [...ledger.rows.launches.values()].flatMap(({ instances }) => [...instances.values()]);
      const seen = named.filter((instanceId) => ledger.rows.runners.has(instanceId) && !isEnded(instanceId));
      return () => {
        if (ledger.now() - at > wholeMilliseconds) return;
        for (const id of seen) lookedAt.set(id, Math.max(at, lookedAt.get(id) ?? 0));
      };
    },
    begins(job: WorldJob, instanceId: string): void {
      const since = lookedAt.get(instanceId);
      const tenant = ledger.machines.get(instanceId)?.tenant;
      if (since === undefined || tenant === undefined || asks.get(instanceId) !== false) return;
      if (isEnded(instanceId) || ledger.refused.has(tenant) || !requiresGate(ledger, { tenant, since }))
        return;
      const seconds = Math.round((ledger.now() - since) / 1000);
      note(
        'ran-ungated',
        `job ${job.id} began without a start gate on ${instanceId} of ${tenant}, ${seconds} s after a sweep`,
      );
    },
  };
}
