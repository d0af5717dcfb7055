/**
 * Notes that a tenant is back from a suspension by GitHub. GitHub sent no webhooks for jobs queued meanwhile, so the
 * reconciler searches all of its repositories at its next run. If the note is lost, it finds them more slowly.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notes } from '../../ports/notes.ts';
import { returnKeptSeconds } from './settings.ts';

export const returnNote = (installationId: InstallationId) => `returned/${installationId}`;

export async function noteReturn(
  { notes, clock }: { readonly notes: Notes; readonly clock: Clock },
  installationId: InstallationId,
): Promise<void> {
  const at = clock.now();
  await notes.write(returnNote(installationId), {
    value: { at },
    expiresAt: at + returnKeptSeconds * 1000,
  });
}
