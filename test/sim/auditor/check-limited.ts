/**
 * Once GitHub has limited an installation's calls, the platform makes none until GitHub takes them again, but for copies that
 * were calling at that moment. If a copy died, or a note failed, the others may not know of the limit.
 */
import type { Ledger, Note } from './ledger.ts';

/** By then each run that was under way has had its own answer. */
const settledSeconds = 10;
/** Clocks of functions differ by less. */
const skewSeconds = 10;

export function checkCalledWhileLimited(ledger: Ledger, installationId: number, note: Note): void {
  const limit = ledger.secondaryLimits.get(installationId);
  const now = ledger.now();
  if (!limit || now < limit.since + settledSeconds * 1000 || now > limit.until - skewSeconds * 1000) return;
  if (ledger.forgotten.some((at) => at >= limit.since)) return;
  const seconds = Math.round((now - limit.since) / 1000);
  note(
    'called-while-limited',
    `${installationId} called GitHub ${seconds} s after GitHub had refused all of its calls`,
  );
}
