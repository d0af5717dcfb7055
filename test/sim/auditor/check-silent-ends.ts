/**
 * Once the faults have stopped, no lease is held for long by a machine that has ended, whatever was lost: the reconciler
 * asks EC2 about it. If EC2 has forgotten the machine, that proves its end 65 minutes after its launch.
 */
import { runsThrough } from '../world/short-pages.ts';
import type { Ledger, Note } from './ledger.ts';

/** The run after the one that missed it, one that failed or came late, the time of a message, and what an index lags. */
const longestSeconds = 900;
const secondsPerRun = 300;
const absenceProvesSeconds = 3_900;

/** @param reconciles whether the reconciler runs with this seed */
export function checkSilentEnds(ledger: Ledger, note: Note, reconciles: boolean): void {
  if (!reconciles || ledger.quietSince === undefined) return;
  const listed = [...ledger.rows.launches.values()].filter(({ lookAt }) => lookAt !== undefined).length;
  const longest = longestSeconds + runsThrough(listed) * secondsPerRun;
  for (const { instanceId, state, launchedAt } of ledger.rows.runners.values()) {
    const machine = ledger.machines.get(instanceId);
    if (state === 'ended' || !machine || machine.live) continue;
    const provenAt = machine.wasForgotten ? launchedAt + absenceProvesSeconds * 1000 : 0;
    const since = Math.max(machine.endedAt ?? 0, ledger.quietSince, provenAt);
    const seconds = (ledger.now() - since) / 1000;
    if (seconds > longest)
      note('lease-of-ended-machine', `${instanceId} ended ${Math.round(seconds)} s ago, and holds its lease`);
  }
}
