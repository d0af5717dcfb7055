/**
 * While controllers are in force, no job begins on a machine without a start gate, once a whole sweep has run since
 * (ADR 0092). GitHub's refusals may delay it, so a tenant that GitHub refused anything is left out.
 */
import type { WorldJob } from '../../world/context.ts';
import type { Books, Note } from '../books.ts';
import { requiresGate } from './check-admission.ts';

/** A sweep that takes at most this long leaves no machine to the next one. */
const wholeMilliseconds = 20_000;

export function createRanUngatedCheck(books: Books, note: Note) {
  const asks = new Map<string, boolean>();
  /** When the last complete sweep that could see the machine began. */
  const lookedAt = new Map<string, number>();
  const isEnded = (instanceId: string) => books.rows.runners.get(instanceId as never)?.state === 'ended';
  return {
    /** @param gated whether its runner asks before a job's first step, by the latest report */
    told: (instanceId: string, gated: boolean) => void asks.set(instanceId, gated),
    /** @returns to be called when that sweep has finished all of its work */
    sweepBegins(): () => void {
      const at = books.now();
      const named = [...books.rows.launches.values()].flatMap(({ instances }) => [...instances.values()]);
      const seen = named.filter((instanceId) => books.rows.runners.has(instanceId) && !isEnded(instanceId));
      return () => {
        if (books.now() - at > wholeMilliseconds) return;
        for (const id of seen) lookedAt.set(id, Math.max(at, lookedAt.get(id) ?? 0));
      };
    },
    begins(job: WorldJob, instanceId: string): void {
      const since = lookedAt.get(instanceId);
      const tenant = books.machines.get(instanceId)?.tenant;
      if (since === undefined || tenant === undefined || asks.get(instanceId) !== false) return;
      if (isEnded(instanceId) || books.refused.has(tenant) || !requiresGate(books, { tenant, since })) return;
      const seconds = Math.round((books.now() - since) / 1000);
      note(
        'ran-ungated',
        `job ${job.id} began without a start gate on ${instanceId} of ${tenant}, ${seconds} s after a sweep`,
      );
    },
  };
}
