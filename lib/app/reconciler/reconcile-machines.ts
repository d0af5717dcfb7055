/**
 * Checks every machine that carries this deployment's tags, and ends those without a valid record: its row has ended, or
 * it has none although its launch is over. A machine without a row cannot claim anything; it only costs. One whose row cannot
 * be read may run a job, and is left alone. If a manual edit removed a launch with a machine from all lists, it is
 * listed again: the sweep finds machines through their launches, and the counts of leases are compared with those.
 * If its row is gone, it is reported, and its machine is terminated at the end of the longest life.
 */
import type { InstanceId } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import { watchdogSeconds } from '../../core/spend.ts';
import type { TaggedMachine } from '../../ports/compute.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { orFailure } from '../common/or-failure.ts';
import { unreadableErrors } from '../common/unreadable-errors.ts';
import { logRepair, type RepairKind } from './log-repair.ts';
import { type OpenRows, readOpenRows } from './reconcile-leases.ts';
import { endingSeconds, machineCursorSeconds, machinePages } from './reconcile-settings.ts';

export const machinesNote = 'reconcile/machines';

/** @returns what failed */
export async function reconcileMachines(
  deps: ReconcileDeps,
  open: Promise<OpenRows> = readOpenRows(deps),
): Promise<unknown[]> {
  const { environment } = deps.deployment;
  // A failure is reported by those who compare counts with these rows.
  const [read] = await Promise.allSettled([open]);
  const rows = read.status === 'fulfilled' ? read.value : undefined;
  const unreadable: UnreadableRow[] = [];
  let cursor = await takeCursor(deps);
  for (let page = 1; page <= machinePages; page++) {
    const found = await deps.compute.listMachines({ environment, ...(cursor ? { cursor } : {}) });
    await lookAt(deps, found.machines, { unreadable, listed: rows?.listed });
    cursor = found.cursor;
    if (cursor === undefined) break;
  }
  if (cursor !== undefined) await keepCursor(deps, cursor);
  return [...unreadableErrors(unreadable)];
}

/** Removed as it is read: if EC2 no longer accepts it, the next run begins at the start. */
async function takeCursor(deps: ReconcileDeps): Promise<string | undefined> {
  const now = deps.clock.now();
  const note = (await deps.notes.read([machinesNote], now)).get(machinesNote);
  const cursor = note?.value['cursor'];
  if (typeof cursor !== 'string') return undefined;
  await keepCursor(deps, undefined);
  return cursor;
}

async function keepCursor(deps: ReconcileDeps, cursor: string | undefined): Promise<void> {
  const expiresAt = deps.clock.now() + machineCursorSeconds * 1000;
  await deps.notes.write(machinesNote, { value: cursor === undefined ? {} : { cursor }, expiresAt });
}

interface Visit {
  /** Gets those that are met. */
  readonly unreadable: UnreadableRow[];
  /** Launches that the sweep looks after. Undefined: not known. */
  readonly listed: OpenRows['listed'];
}

async function lookAt(deps: ReconcileDeps, found: readonly TaggedMachine[], visit: Visit): Promise<void> {
  if (found.length === 0) return;
  const skipped: UnreadableRow[] = [];
  const ids = found.map(({ instanceId }) => instanceId);
  const rows = await deps.runners.findAcrossTenants(ids, skipped);
  visit.unreadable.push(...skipped);
  const unreadable = new Set(skipped.map(({ key }) => key));
  const machines = found.filter(({ instanceId }) => !unreadable.has(instanceId));
  const runners = new Map<InstanceId, Runner>(rows.map((row) => [row.instanceId, row]));
  const kinds = await Promise.all(
    machines.map(async (machine) => {
      const runner = runners.get(machine.instanceId);
      if (!runner) return judgeUnrecorded(deps, machine, visit);
      if (runner.state === 'ended') return judgeEnded(deps, runner);
      // Its row has a deadline, and the sweep.
      const outcome = await listAgain(deps, { ...machine, ...runner }, visit);
      return outcome === 'gone' && isOld(deps, machine) ? 'machine-without-launch-ended' : undefined;
    }),
  );
  const surplus = machines.flatMap((machine, n) => (kinds[n] ? [{ machine, kind: kinds[n] }] : []));
  if (surplus.length === 0) return;
  const { accepted } = await deps.compute.terminate(surplus.map(({ machine }) => machine.instanceId));
  for (const { machine, kind } of surplus) {
    if (!accepted.includes(machine.instanceId)) continue;
    const { instanceId, installationId, launchId } = machine;
    const tier = runners.get(instanceId)?.tier;
    logRepair(deps, {
      kind,
      instanceId,
      launchId,
      ...(installationId === undefined ? {} : { installationId }),
      ...(tier === undefined ? {} : { tier }),
      reason:
        kind === 'machine-without-launch-ended'
          ? 'It has run for the maximum lifetime of a machine, but the row of its launch, whose deadline would end it, is gone.'
          : 'It runs, but has no record.',
    });
  }
}

function judgeEnded(deps: ReconcileDeps, runner: Runner): RepairKind | undefined {
  const isLeft = deps.clock.now() >= (runner.endedAt ?? 0) + endingSeconds * 1000;
  return isLeft ? 'machine-ended-again' : undefined;
}

/** Its launch may still be open, or its rows be late: then the sweep handles it. */
async function judgeUnrecorded(
  deps: ReconcileDeps,
  machine: TaggedMachine,
  visit: Visit,
): Promise<RepairKind | undefined> {
  const { installationId, launchId } = machine;
  if (isYoung(deps, machine)) return undefined;
  if (installationId === undefined) return 'machine-without-record-ended';
  const launch = await orFailure(deps.launches.get(installationId, launchId));
  if (launch instanceof OperationalError) {
    if (launch.code !== 'UnreadableRow') throw launch;
    // It may be open. The machines of others are still handled.
    visit.unreadable.push({ key: launchId, installationId, error: launch });
    await listAgain(deps, machine, visit);
    return undefined;
  }
  if (!launch || launch.state === 'closed') return 'machine-without-record-ended';
  await listAgain(deps, machine, visit);
  return undefined;
}

/** EC2 may not show it yet. */
export const isYoung = (
  { clock, deployment }: ReconcileDeps,
  { launchedAt }: Pick<TaggedMachine, 'launchedAt'>,
) => clock.now() < launchedAt + deployment.limits.bootSeconds * 1000;

/** Its own watchdog has powered it off by then, unless a job stopped that. */
const isOld = ({ clock, deployment }: ReconcileDeps, { launchedAt }: Pick<TaggedMachine, 'launchedAt'>) =>
  clock.now() >= launchedAt + watchdogSeconds(deployment.limits) * 1000;

async function listAgain(
  deps: ReconcileDeps,
  machine: TaggedMachine,
  { listed, unreadable }: Visit,
): Promise<'gone' | undefined> {
  const { installationId, instanceId, launchId } = machine;
  // A young launch may not be in the index yet.
  if (!listed || listed.has(launchId) || isYoung(deps, machine)) return undefined;
  const outcome = await deps.launches.relist(launchId, deps.clock.now());
  if (outcome === 'listed') return undefined;
  const about = installationId === undefined ? {} : { installationId };
  if (outcome === 'gone') {
    unreadable.push({ key: launchId, ...about, error: goneError(machine) });
    return 'gone';
  }
  const reason =
    'One of its machines is running, but it was in no list: `open` or `deadline` was missing or wrong in its row.';
  logRepair(deps, { kind: 'launch-listed-again', ...about, instanceId, launchId, reason });
  return undefined;
}

/** No launch is deleted while it is listed, and it is listed until all of its machines have ended: this was done by hand. */
function goneError({ launchId, instanceId }: TaggedMachine): OperationalError {
  const message = `The launches row ${launchId} is gone, but its machine ${instanceId} is running; only its maximum lifetime ends it.`;
  return new OperationalError(message, { code: 'UnreadableRow', retryable: false });
}
