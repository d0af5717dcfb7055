/**
 * Checks every machine that carries this deployment's tags, and ends those without a valid record: its row has ended, or
 * it has none although its launch is over. A machine without a row cannot claim anything; it only costs. One whose row cannot
 * be read may run a job, and is left alone.
 */
import type { InstanceId } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { TaggedMachine } from '../../ports/compute.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { SpoiltRow } from '../../ports/spoilt-row.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { orFailure } from '../common/or-failure.ts';
import { spoiltErrors } from '../common/spoilt-errors.ts';
import { logRepair, type RepairKind } from './log-repair.ts';
import { endingSeconds, machineCursorSeconds, machinePages } from './reconcile-settings.ts';

export const machinesNote = 'reconcile/machines';

/** @returns what failed */
export async function reconcileMachines(deps: ReconcileDeps): Promise<unknown[]> {
  const { environment } = deps.deployment;
  const spoilt: SpoiltRow[] = [];
  let cursor = await takeCursor(deps);
  for (let page = 1; page <= machinePages; page++) {
    const found = await deps.compute.listMachines({ environment, ...(cursor ? { cursor } : {}) });
    await lookAt(deps, found.machines, spoilt);
    cursor = found.cursor;
    if (cursor === undefined) break;
  }
  if (cursor !== undefined) await keepCursor(deps, cursor);
  return [...spoiltErrors(spoilt)];
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

async function lookAt(
  deps: ReconcileDeps,
  listed: readonly TaggedMachine[],
  spoilt: SpoiltRow[],
): Promise<void> {
  if (listed.length === 0) return;
  const skipped: SpoiltRow[] = [];
  const ids = listed.map(({ instanceId }) => instanceId);
  const rows = await deps.runners.findAcrossTenants(ids, skipped);
  spoilt.push(...skipped);
  const unreadable = new Set(skipped.map(({ key }) => key));
  const machines = listed.filter(({ instanceId }) => !unreadable.has(instanceId));
  const runners = new Map<InstanceId, Runner>(rows.map((row) => [row.instanceId, row]));
  const kinds = await Promise.all(
    machines.map(async (machine) => {
      const runner = runners.get(machine.instanceId);
      return runner ? judgeRecorded(deps, runner) : judgeUnrecorded(deps, machine, spoilt);
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
      reason: 'It runs, but has no record.',
    });
  }
}

/** A row that has not ended has a deadline, and the sweep. */
function judgeRecorded(deps: ReconcileDeps, runner: Runner): RepairKind | undefined {
  const isLeft = runner.state === 'ended' && deps.clock.now() >= (runner.endedAt ?? 0) + endingSeconds * 1000;
  return isLeft ? 'machine-ended-again' : undefined;
}

/** Its launch may still be open, or its rows be late: then the sweep handles it. */
async function judgeUnrecorded(
  deps: ReconcileDeps,
  machine: TaggedMachine,
  spoilt: SpoiltRow[],
): Promise<RepairKind | undefined> {
  const { installationId, launchId, launchedAt } = machine;
  if (deps.clock.now() < launchedAt + deps.deployment.limits.bootSeconds * 1000) return undefined;
  if (installationId === undefined) return 'machine-without-record-ended';
  const launch = await orFailure(deps.launches.get(installationId, launchId));
  if (launch instanceof OperationalError) {
    if (launch.code !== 'UnreadableRow') throw launch;
    // It may be open. The machines of others are dealt with all the same.
    spoilt.push({ key: launchId, installationId, error: launch });
    return undefined;
  }
  return launch && launch.state !== 'closed' ? undefined : 'machine-without-record-ended';
}
