/**
 * Accounts that install the App while the run goes on, and reinstall it within seconds: with these seeds an index may show
 * neither installation. This draws from its own random generator.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import { createRandom } from '../random.ts';
import { putInstallation } from './changes.ts';
import type { Account, WorldDeps } from './context.ts';
import type { GitHubWorld } from './github.ts';
import { newAccountGroup } from './groups.ts';
import { eventfulSeconds } from './times.ts';
import type { Webhooks } from './webhooks.ts';

/** Of the seeds whose indexes lag, those without a reconciler. */
const hasNewcomers = (seed: number): boolean => seed < 512 && seed % 16 === 4;

const newcomers = 3;

export function startNewcomers(
  deps: WorldDeps,
  parts: { readonly webhooks: Webhooks; readonly github: GitHubWorld; readonly seed: number },
): void {
  const { scheduler, ports, faults, log, deployment } = deps;
  const { webhooks, github, seed } = parts;
  if (!hasNewcomers(seed) || faults.mood === 'calm') return;
  const random = createRandom(seed * 5_003 + 7);
  for (let n = 0; n < newcomers; n++) {
    const account: Account = {
      id: 50 + n,
      login: `newcomer-${n}`,
      type: 'Organization',
      repositories: ['app', 'web'],
      publicRepositories: new Set(),
      group: newAccountGroup(scheduler.now()),
      installationId: undefined,
      suspended: false,
      reinstalls: 0,
      letsRerun: true,
    };
    const queue = () => {
      const { name, labels } = random.pick(deployment.tiers);
      github.queue({ account, repository: `${account.login}/app`, tier: name, labels });
    };
    const install = (installationId: number) => {
      account.installationId = installationId;
      putInstallation(ports, account);
      log.add(() => `${account.login} installs the App as ${installationId}`);
      webhooks.installation('installation.created', installationId);
      for (let jobs = 0; jobs < 3; jobs++) scheduler.after(random.between(0, 2_000), queue);
    };
    const [first, second] = [5_000 + n, 6_000 + n];
    scheduler.after(random.between(10, eventfulSeconds / 2) * 1000, () => {
      install(first);
      scheduler.after(random.between(2_000, 8_000), () => {
        ports.github.deleteInstallation(InstallationId(first));
        account.installationId = undefined;
        webhooks.installation('installation.deleted', first);
        scheduler.after(random.between(50, 1_000), () => install(second));
      });
    });
  }
}
