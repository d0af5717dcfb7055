/**
 * An installation that GitHub does not know: forged, uninstalled, or not shown for a moment. It counts as gone once
 * GitHub has said so twice, some minutes apart and with no other answer in between, or once GitHub also reported its
 * deletion. Until then nothing is ended: a deleted id never comes back, and neither would what was ended by mistake.
 */
import type { InstallationEvent } from '../../contract/messages.ts';
import { isNumber } from '../../core/fits.ts';
import type { InstallationId } from '../../core/ids.ts';
import { reason } from '../../core/reason.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Notes } from '../../ports/notes.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { unknownKeptSeconds, unknownProofSeconds } from '../common/settings.ts';
import { refuseWaitingJobs } from './refuse-waiting-jobs.ts';

interface UnknownDeps {
  readonly jobs: JobStore;
  readonly notes: Notes;
  readonly queues: Queues;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** The installation has no tenant row. Once it is certainly gone, jobs that wait for the row are refused. */
export async function noteUnknown(deps: UnknownDeps, event: InstallationEvent): Promise<void> {
  const { installationId } = event;
  const again = { ...event, event: 'unknown.asked-again' };
  if (!(await isSurelyGone(deps, event, again))) return;
  const text = `GitHub knows no installation ${installationId} of the App: it was uninstalled. Install it and re-run the job.`;
  await refuseWaitingJobs(deps, installationId, () => reason('tenant-deleted', text));
}

/**
 * Called when GitHub says that there is no such installation.
 * @param again the event that asks GitHub again later, if that is not proven yet
 */
export async function isSurelyGone(
  deps: UnknownDeps,
  event: InstallationEvent,
  again: InstallationEvent = event,
): Promise<boolean> {
  const about = { installationId: event.installationId, cause: event.event };
  deps.telemetry.event('warn', 'installation-unknown-to-github', about, { InstallationsNotBelieved: 1 });
  if (await isProven(deps, event)) return true;
  await deps.queues.sendToInstallations(again, { delaySeconds: unknownProofSeconds });
  return false;
}

/** Called when GitHub shows the installation: its earlier answer was wrong. */
export async function forgetUnknown(deps: UnknownDeps, installationId: InstallationId): Promise<void> {
  const now = deps.clock.now();
  const name = unknownNote(installationId);
  if (!(await deps.notes.read([name], now)).has(name)) return;
  await deps.notes.write(name, { value: {}, expiresAt: now });
}

async function isProven(deps: UnknownDeps, { installationId, event }: InstallationEvent): Promise<boolean> {
  const now = deps.clock.now();
  const name = unknownNote(installationId);
  const known = (await deps.notes.read([name], now)).get(name)?.value['since'];
  // GitHub reported its deletion: then one answer is proof enough.
  const since = event === 'installation.deleted' ? 0 : isNumber(known) ? known : now;
  await deps.notes.write(name, { value: { since }, expiresAt: now + unknownKeptSeconds * 1000 });
  return since <= now - unknownProofSeconds * 1000;
}

/** The note with the time since which GitHub has not known the installation. */
export const unknownNote = (installationId: InstallationId) => `unknown-installation/${installationId}`;
