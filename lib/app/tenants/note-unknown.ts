/**
 * An installation that GitHub does not know, and of which there is no row: forged, or uninstalled before anybody looked.
 * Jobs that wait for it are refused once GitHub has said so twice, some minutes apart, or once it also sent that it was
 * deleted. Until then a row may still come of it, since GitHub's own copies may lag behind its events.
 */
import type { InstallationEvent } from '../../contract/messages.ts';
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

export async function noteUnknown(deps: UnknownDeps, event: InstallationEvent): Promise<void> {
  const { installationId } = event;
  const about = { installationId, cause: event.event };
  deps.telemetry.event('warn', 'installation-unknown-to-github', about, { InstallationsNotBelieved: 1 });
  if (!(await isProven(deps, event))) {
    const again = { ...event, event: 'unknown.asked-again' };
    return deps.queues.sendToInstallations(again, { delaySeconds: unknownProofSeconds });
  }
  const text = `GitHub knows no installation ${installationId} of the App: it was uninstalled. Install it and run the job again.`;
  await refuseWaitingJobs(deps, installationId, () => reason('tenant-deleted', text));
}

async function isProven(deps: UnknownDeps, { installationId, event }: InstallationEvent): Promise<boolean> {
  const now = deps.clock.now();
  const name = unknownNote(installationId);
  const known = (await deps.notes.read([name], now)).get(name);
  // That it was deleted is a fact that GitHub sent: its one answer is proof enough.
  const since = event === 'installation.deleted' ? 0 : Number(known?.value['since'] ?? now);
  await deps.notes.write(name, { value: { since }, expiresAt: now + unknownKeptSeconds * 1000 });
  return since <= now - unknownProofSeconds * 1000;
}

const unknownNote = (installationId: InstallationId) => `unknown-installation/${installationId}`;
