/**
 * Finds machines whose row is open although EC2 no longer lists them, or lists them as stopped: nobody reported their end,
 * neither GitHub, not even again, nor EC2. Their row's deadline may be hours away, because it says that a job runs on them.
 * A machine that is missing in two runs in a row is asked about by its id, and its end takes the path of EC2's lost event.
 * One that EC2 does not know at all counts as ended only once that proves anything.
 */
import { fieldsOf, isNumber } from '../../core/fits.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { absenceProofSeconds } from '../common/settings.ts';
import { hasEnded } from '../ending/ending.ts';
import { logRepair } from './log-repair.ts';
import {
  absentPerRun,
  absentRemembered,
  machineCursorSeconds,
  settledSeconds,
} from './reconcile-settings.ts';

export const absentNote = 'reconcile/absent';

/**
 * @param open as they were before EC2 listed anything, without machines that may still boot: EC2 may not show those yet
 * @param shown all machines that EC2 listed, but those that are stopped: they run no job, and are terminated
 */
export async function reportAbsent(
  deps: ReconcileDeps,
  open: readonly Runner[],
  shown: ReadonlySet<InstanceId>,
): Promise<void> {
  const absent = open.filter(({ instanceId }) => !shown.has(instanceId));
  // As a rule nothing is missing, or only what has just ended: that costs no call to EC2.
  if (absent.length === 0) return;
  const now = deps.clock.now();
  const note = (await deps.notes.read([absentNote], now)).get(absentNote)?.value ?? {};
  const since = ({ instanceId }: Runner) =>
    fieldsOf({ [instanceId]: isNumber })(note) ? (note[instanceId] as number) : now;
  const longestFirst = absent.toSorted((one, other) => since(one) - since(other));
  const value = longestFirst.slice(0, absentRemembered).map((runner) => [runner.instanceId, since(runner)]);
  const expiresAt = now + machineCursorSeconds * 1000;
  await deps.notes.write(absentNote, { value: Object.fromEntries(value), expiresAt });
  const due = longestFirst.filter((runner) => since(runner) <= now - settledSeconds * 1000);
  if (due.length > 0) await askAbout(deps, due.slice(0, absentPerRun));
}

async function askAbout(deps: ReconcileDeps, runners: readonly Runner[]): Promise<void> {
  const found = await deps.compute.describe(runners.map(({ instanceId }) => instanceId));
  const states = new Map(found.map(({ instanceId, state }) => [instanceId, state]));
  const gone = await findGone(
    deps,
    runners.filter(({ instanceId }) => !states.has(instanceId)),
  );
  await Promise.all(
    runners.map(async (runner) => {
      const state = gone.has(runner.instanceId) ? 'terminated' : states.get(runner.instanceId);
      if (state !== undefined && (hasEnded(state) || state === 'stopped')) await report(deps, runner, state);
    }),
  );
}

/** EC2 is told to end them before their absence counts: of a machine that still runs, the lease is never freed. */
async function findGone(deps: ReconcileDeps, unknown: readonly Runner[]): Promise<ReadonlySet<InstanceId>> {
  const now = deps.clock.now();
  const old = unknown.filter(({ launchedAt }) => now >= launchedAt + absenceProofSeconds * 1000);
  if (old.length === 0) return new Set();
  const answer = await deps.compute.terminate(old.map(({ instanceId }) => instanceId));
  return new Set(answer.unknown);
}

async function report(deps: ReconcileDeps, runner: Runner, state: string): Promise<void> {
  const { installationId, instanceId, launchId, tier } = runner;
  await deps.queues.sendToLifecycle({ kind: 'instance', installationId, instanceId, state });
  const reason = `EC2 says that it is ${state}, but neither EC2 nor GitHub reported its end.`;
  logRepair(deps, { kind: 'machine-end-unheard', installationId, instanceId, launchId, tier, reason });
}
