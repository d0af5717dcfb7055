/**
 * Handles jobs of an installation without a row: its event is on its way or lost, or the installation is gone. Once one
 * has waited for a minute, the tenant manager asks GitHub, at most once a minute however many jobs there are.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { LaunchDeps } from '../common/deps.ts';
import { unknownAskedSeconds } from '../common/settings.ts';

export async function askWhoItIs(
  deps: LaunchDeps,
  installationId: InstallationId,
  waiting: readonly Job[],
): Promise<void> {
  const now = deps.clock.now();
  if (!waiting.some(({ acceptedAt }) => acceptedAt <= now - unknownAskedSeconds * 1000)) return;
  const name = `unknown-asked/${installationId}`;
  const expiresAt = now + unknownAskedSeconds * 1000;
  if (!(await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now }))) return;
  await deps.queues.sendToInstallations({
    kind: 'installation',
    event: 'jobs.wait',
    installationId,
    repositoriesRemoved: [],
    delivery: 'scale-up',
  });
}
