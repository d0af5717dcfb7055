/**
 * Removes registrations without a machine: offline, not busy, named like our machines, with a row that has ended. One
 * without any row may belong to another deployment that is just creating it, so it is removed only if it is still there,
 * and still offline, at the next visit.
 */
import type { ListedRunner, RunnerScope } from '../../core/github.ts';
import { instanceNamed } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { noteUnregistered } from '../common/unknown-run.ts';
import { logRepair } from './log-repair.ts';
import { strangersKept } from './reconcile-settings.ts';
import { reconcileUnknownRuns } from './reconcile-unknown-runs.ts';
import type { Visit } from './tenant-visit.ts';

/** A page of the organization's runners; the next visit takes the next page. */
export async function reconcileOrganizationRunners(deps: ReconcileDeps, visit: Visit): Promise<void> {
  const { tenant, marks } = visit;
  const scope = { kind: 'organization', organization: tenant.accountLogin } as const;
  const next = await reconcileRunners(deps, visit, scope, marks.runnersPage);
  if (next === undefined) delete marks.runnersPage;
  else marks.runnersPage = next;
}

/** @returns the cursor of the next page, if there is one */
export async function reconcileRunners(
  deps: ReconcileDeps,
  visit: Visit,
  scope: RunnerScope,
  cursor?: string,
): Promise<string | undefined> {
  const { installationId } = visit.tenant;
  const answer = await visit.calls.ask(() => deps.github.listRunners(installationId, scope, cursor));
  if (!answer?.ok) return undefined;
  const listed = answer.value.items.filter(isIdleMachine).map(({ name }) => name);
  const busy = answer.value.items.filter(isBusyMachine).flatMap(({ name }) => instanceNamed(name) ?? []);
  const machines = [...new Set([...listed.flatMap((name) => instanceNamed(name) ?? []), ...busy])];
  const skipped: UnreadableRow[] = [];
  const rows = machines.length === 0 ? [] : await deps.runners.findAcrossTenants(machines, skipped);
  await reconcileUnknownRuns(
    deps,
    visit,
    rows.filter(({ instanceId }) => busy.includes(instanceId)),
  );
  const known = new Map<string, Runner>(rows.map((row) => [row.instanceId, row]));
  const rowOf = (name: string) => known.get(instanceNamed(name) ?? name);
  const before = visit.marks.strangers ?? [];
  // It has a row, whatever that says.
  const unreadable = new Set(skipped.map(({ key }) => key));
  const idle = listed.filter((name) => !unreadable.has(instanceNamed(name) ?? name));
  const strangers = idle.filter((name) => !rowOf(name));
  for (const name of idle) {
    const row = rowOf(name);
    const isOver = row?.state === 'ended' && row.installationId === installationId;
    if (isOver || (!row && before.includes(name))) await remove(deps, visit, { scope, name });
  }
  // A user's repositories are visited one after the other: the results of earlier ones are kept.
  const seen = new Set([...before.filter((name) => !listed.includes(name)), ...strangers]);
  visit.marks.strangers = [...seen].slice(-strangersKept);
  return answer.value.cursor;
}

const isMachine = (name: string) => instanceNamed(name) !== undefined;
const isIdleMachine = ({ name, online, busy }: ListedRunner) => !online && !busy && isMachine(name);
const isBusyMachine = ({ name, busy }: ListedRunner) => busy && isMachine(name);

async function remove(
  deps: ReconcileDeps,
  { tenant, calls }: Visit,
  { scope, name }: { scope: RunnerScope; name: string },
): Promise<void> {
  const { installationId } = tenant;
  const instanceId = instanceNamed(name);
  if (instanceId === undefined) return;
  await noteUnregistered(deps, instanceId);
  // By name: a lookup and a removal.
  const answer = await calls.ask(() => deps.github.removeRunner(installationId, scope, name), 2);
  if (!answer?.ok || answer.value !== 'removed') return;
  logRepair(deps, {
    kind: 'registration-removed',
    installationId,
    instanceId,
    reason: 'GitHub has a runner of this name, but its machine is gone.',
  });
}
