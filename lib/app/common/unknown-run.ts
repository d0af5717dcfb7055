/**
 * GitHub gives a job to any runner of the organization that has its labels, even a job of a repository outside the
 * installation, and then sends the App no webhook. Each such run is recorded once, on the machine and for its tenant.
 */
import type { InstanceId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Runner } from '../../core/runner.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Note, Notes } from '../../ports/notes.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { unregisteredKeptSeconds } from './settings.ts';

interface UnknownRunDeps {
  readonly runners: RunnerStore;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Whether nothing has reported which job the machine runs, or ran. */
export const isUnheard = ({ ran, instanceId, unknownRunAt }: Runner, planned: Job | undefined): boolean =>
  ran === undefined && unknownRunAt === undefined && planned?.runner !== instanceId;

/**
 * Noted when the registration of a machine that ran nothing is removed, and when a late event says which job the
 * machine ran. Without this note the next caller would take the missing registration for an unknown run; and so would an
 * earlier caller who is still waiting for GitHub's answer, unless it sees that the note is shared by now. A run that two callers
 * come upon stays uncounted.
 * @returns false: it was already noted
 */
export async function noteUnregistered(deps: NoteDeps, instanceId: InstanceId): Promise<boolean> {
  if (await noteUnregisteredOnce(deps, instanceId)) return true;
  await deps.notes.write(unregisteredName(instanceId), {
    value: { shared: true },
    expiresAt: keptUntil(deps),
  });
  return false;
}

/** For a caller who leaves the registration alone if it was already noted. */
export const noteUnregisteredOnce = (deps: NoteDeps, instanceId: InstanceId): Promise<boolean> =>
  deps.notes.writeIf(unregisteredName(instanceId), {
    value: {},
    expiresAt: keptUntil(deps),
    version: 0,
    now: deps.clock.now(),
  });

/**
 * Asked by whoever noted it first and then found no registration. False: somebody else may have removed it, or has heard
 * which job the machine ran.
 */
export const isOnlyRemover = async (deps: NoteDeps, instanceId: InstanceId): Promise<boolean> =>
  (await readUnshared(deps, instanceId)) !== undefined;

/** It was registered all the same, and still is. The note of a caller who came in between stays. */
export async function forgetUnregistered(deps: NoteDeps, instanceId: InstanceId): Promise<void> {
  const note = await readUnshared(deps, instanceId);
  if (!note) return;
  const now = deps.clock.now();
  await deps.notes.writeIf(unregisteredName(instanceId), {
    value: {},
    expiresAt: now,
    version: note.version,
    now,
  });
}

interface NoteDeps {
  readonly notes: Notes;
  readonly clock: Clock;
}

async function readUnshared({ notes, clock }: NoteDeps, instanceId: InstanceId): Promise<Note | undefined> {
  const name = unregisteredName(instanceId);
  const note = (await notes.read([name], clock.now())).get(name);
  return note?.value['shared'] === true ? undefined : note;
}

const keptUntil = ({ clock }: NoteDeps) => clock.now() + unregisteredKeptSeconds * 1000;

const unregisteredName = (instanceId: InstanceId) => `unregistered/${instanceId}`;

export const unknownRunText =
  'GitHub gave its machine to a job about which the App gets no webhooks, perhaps of a repository outside the installation';

/** Counted once. @returns true: here */
export async function noteUnknownRun(deps: UnknownRunDeps, runner: Runner): Promise<boolean> {
  const { installationId, instanceId, launchId, tier } = runner;
  if (!(await deps.runners.noteUnknownRun(runner, deps.clock.now()))) return false;
  const about = { installationId, instanceId, launchId, tier, reason: unknownRunText };
  deps.telemetry.event('warn', 'unknown-job-ran', about, { UnknownJobsRun: 1 });
  return true;
}
