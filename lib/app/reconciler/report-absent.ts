/**
 * Finds machines whose row is open although EC2 says that they have ended or stopped, or does not show them: nobody reported
 * their end, neither GitHub, not even again, nor EC2. Their row's deadline may be hours away, because it says that a job
 * runs on them. Each run asks EC2 about the machines of one page of launches, by their ids; a note has the place of the next
 * page, so the number of calls in a run does not grow with the deployment. The end of a machine that is missing in two runs
 * takes the path of EC2's lost event. One that EC2 does not know at all counts as ended only once that proves anything.
 */
import { eachOf, fieldsOf, isNumber } from '../../core/fits.ts';
import { InstanceId } from '../../core/ids.ts';
import type { Runner } from '../../core/runner.ts';
import type { Note } from '../../ports/notes.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { absenceProofSeconds } from '../common/settings.ts';
import { hasEnded } from '../ending/ending.ts';
import { logRepair } from './log-repair.ts';
import { isYoung } from './reconcile-machines.ts';
import {
  absentKeptSeconds,
  absentPerRun,
  absentRemembered,
  machinesAskedPerRun,
  settledSeconds,
} from './reconcile-settings.ts';

export const absentNote = 'reconcile/absent';

/** What one run leaves for the next. */
interface Walk {
  /** The next page has launches whose next look is due then, or later. */
  readonly from: number;
  /** Machines that are missing: when they were missed first, or reported last. */
  readonly since: ReadonlyMap<InstanceId, number>;
}

/** A machine that is missing, with what EC2 says about it; without a state, EC2 does not know it. */
interface Absent {
  readonly runner: Runner;
  readonly state: string | undefined;
}

export async function reportAbsent(deps: ReconcileDeps): Promise<void> {
  const now = deps.clock.now();
  const note = (await deps.notes.read([absentNote], now)).get(absentNote);
  const walk = walkOf(note);
  const page = await readPage(deps, walk.from);
  const absent = await findAbsent(deps, [...walk.since.keys(), ...page.instanceIds]);
  const sinceOf = ({ runner }: Absent) => walk.since.get(runner.instanceId) ?? now;
  const longestFirst = absent.toSorted((one, other) => sinceOf(one) - sinceOf(other));
  const isDue = (one: Absent) => sinceOf(one) <= now - settledSeconds * 1000 && isProven(one, now);
  const due = longestFirst.filter(isDue).slice(0, absentPerRun);
  // If the report is lost, a later run reports the machine again, but not before this one had its effect.
  const since = longestFirst
    .slice(0, absentRemembered)
    .map((one) => [one.runner.instanceId, due.includes(one) ? now : sinceOf(one)] as const);
  // Before anything is reported: if a second run works at the same time, only one of them goes on.
  const left: Walk = { from: page.next, since: new Map(since) };
  if (!(isAtRest(walk) && isAtRest(left)) && !(await keep(deps, note, left))) return;
  await report(deps, due);
}

function walkOf(note: Note | undefined): Walk {
  const value = note?.value ?? {};
  // DynamoDB refuses numbers beyond its own.
  if (!fieldsOf({ from: Number.isSafeInteger, since: eachOf(isNumber) })(value))
    return { from: 0, since: new Map() };
  const { from, since } = value as { from: number; since: Record<string, number> };
  return { from, since: new Map(Object.entries(since).map(([id, at]) => [InstanceId(id), at])) };
}

/** As if there were no note. */
const isAtRest = ({ from, since }: Walk): boolean => from === 0 && since.size === 0;

/** @returns false if another run wrote meanwhile */
async function keep(
  { notes, clock }: ReconcileDeps,
  note: Note | undefined,
  { from, since }: Walk,
): Promise<boolean> {
  const now = clock.now();
  const expiresAt = now + absentKeptSeconds * 1000;
  const value = { from, since: Object.fromEntries(since) };
  return notes.writeIf(absentNote, { value, expiresAt, version: note?.version ?? 0, now });
}

/** Launches are taken in the order of their next look. That only moves to later times, so a walk passes each launch. */
async function readPage(
  { launches: stored }: ReconcileDeps,
  from: number,
): Promise<{ readonly instanceIds: readonly InstanceId[]; readonly next: number }> {
  const { launches, next } = await stored.pageAcrossTenants({ from, limit: machinesAskedPerRun }, []);
  let [taken, machines] = [0, 0];
  for (const { instances } of launches) {
    machines += instances.size;
    if (machines > machinesAskedPerRun) break;
    taken += 1;
  }
  const left = launches.slice(taken).flatMap(({ lookAt }) => lookAt ?? []);
  const first = left.reduce((one, other) => Math.min(one, other), next ?? Number.POSITIVE_INFINITY);
  return {
    instanceIds: launches.slice(0, taken).flatMap(({ instances }) => [...instances.values()]),
    next: first === Number.POSITIVE_INFINITY ? 0 : Math.max(first, from + 1),
  };
}

/** Of a machine whose row cannot be read, nothing is known: it is left alone. EC2 may not show a young one yet. */
async function findAbsent(deps: ReconcileDeps, instanceIds: readonly InstanceId[]): Promise<Absent[]> {
  if (instanceIds.length === 0) return [];
  const rows = await deps.runners.findAcrossTenants(instanceIds, []);
  const open = rows.filter((runner) => runner.state !== 'ended' && !isYoung(deps, runner));
  if (open.length === 0) return [];
  const found = await deps.compute.describe(open.map(({ instanceId }) => instanceId));
  const states = new Map(found.map(({ instanceId, state }) => [instanceId, state]));
  return open
    .map((runner) => ({ runner, state: states.get(runner.instanceId) }))
    .filter(({ state }) => state === undefined || hasEnded(state) || state === 'stopped');
}

const isProven = ({ runner, state }: Absent, now: number): boolean =>
  state !== undefined || now >= runner.launchedAt + absenceProofSeconds * 1000;

/** EC2 is told to end what it does not know before that counts: of a machine that still runs, the lease is never freed. */
async function report(deps: ReconcileDeps, due: readonly Absent[]): Promise<void> {
  const unknown = due.filter(({ state }) => state === undefined).map(({ runner }) => runner.instanceId);
  const gone = new Set(unknown.length === 0 ? [] : (await deps.compute.terminate(unknown)).unknown);
  await Promise.all(
    due.map(async ({ runner, state = 'terminated' }) => {
      const { installationId, instanceId, launchId, tier } = runner;
      if (unknown.includes(instanceId) && !gone.has(instanceId)) return;
      await deps.queues.sendToLifecycle({ kind: 'instance', installationId, instanceId, state });
      const reason = `EC2 says that it is ${state}, but neither EC2 nor GitHub reported its end.`;
      logRepair(deps, { kind: 'machine-end-unheard', installationId, instanceId, launchId, tier, reason });
    }),
  );
}
