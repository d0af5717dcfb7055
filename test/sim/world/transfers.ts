/**
 * With some seeds a repository is transferred while its jobs wait, have a machine or run: to another account of the
 * log, or to one without the App; or its visibility changes. GitHub does not notify the App of either. This draws
 * from its own random generator, so only its consequences change a seed's run.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import { createRandom } from '../random.ts';
import { putInstallation } from './changes.ts';
import type { Account, WorldDeps } from './context.ts';
import type { GitHubWorld } from './github.ts';
import { newAccountGroup } from './groups.ts';
import { eventfulSeconds } from './times.ts';

export const transfersRepositories = (seed: number) => createRandom(seed * 7_919 + 41).chance(0.15);

interface Parts {
  readonly seed: number;
  readonly github: GitHubWorld;
  readonly accounts: readonly Account[];
}

export function startTransfers(deps: WorldDeps, { seed, github, accounts }: Parts): void {
  // In a calm world a job that is queued on GitHub has a machine at once, but about these jobs there is no webhook.
  if (deps.faults.mood === 'calm' || !transfersRepositories(seed)) return;
  const random = createRandom(seed * 7_919 + 43);
  const stranger = strangerTo(deps);
  for (let n = random.between(1, 3); n > 0; n--) {
    const from = random.pick(accounts);
    const others = accounts.filter((account) => account !== from);
    const to = random.chance(0.3) ? stranger : random.pick(others);
    const at = random.between(5, eventfulSeconds * 0.8) * 1000;
    const nth = random.between(0, 1);
    const opens = random.chance(0.4);
    // A list that names somebody else's repository cannot be kept up to date on GitHub.
    if ([from, to].some((account) => deps.auditor.ledger.keptGroups.has(account))) continue;
    deps.scheduler.after(at, () => {
      if (opens) open(deps, from, nth);
      transfer(deps, github, { from, to, nth, serial: n });
    });
  }
}

const strangerTo = ({ scheduler }: WorldDeps): Account => ({
  ...{ id: 90, login: 'stranger', type: 'Organization', repositories: [], publicRepositories: new Set() },
  group: newAccountGroup(scheduler.now()),
  ...{ installationId: undefined, suspended: false, reinstalls: 0, letsRerun: false },
});

/** A private repository becomes public. */
function open({ ports, log }: WorldDeps, account: Account, nth: number): void {
  const name = `${account.login}/${account.repositories[nth]}`;
  ports.github.setVisibility(name, 'public');
  account.publicRepositories = new Set([...account.publicRepositories, ports.github.repositoryId(name)]);
  log.add(() => `${name} becomes public`);
}

interface Transfer {
  readonly from: Account;
  readonly to: Account;
  readonly nth: number;
  readonly serial: number;
}

function transfer(deps: WorldDeps, github: GitHubWorld, { from, to, nth, serial }: Transfer): void {
  const { ports, log, auditor } = deps;
  const { installationId } = from;
  const name = from.repositories[nth];
  if (installationId === undefined || name === undefined) return;
  // The new owner may already have a repository of this name: GitHub allows renaming it during the transfer.
  const moved = `${name}-moved-${serial}`;
  const id = ports.github.repositoryId(`${from.login}/${name}`);
  ports.github.renameRepository(InstallationId(installationId), name, moved);
  ports.github.transferRepository(InstallationId(installationId), moved, to.login);
  unregister(deps, `${to.login}/${moved}`);
  if (from.publicRepositories.has(id)) to.publicRepositories = new Set([...to.publicRepositories, id]);
  // The former owner continues to work in another repository.
  from.repositories = from.repositories.map((one) => (one === name ? `${name}-next` : one));
  to.repositories = [...to.repositories, moved];
  for (const account of [from, to]) if (account.installationId !== undefined) putInstallation(ports, account);
  const jobs = github.transferred(`${from.login}/${name}`, `${to.login}/${moved}`, to);
  auditor.repositoryTransferred(id, jobs, { accountId: from.id, installationId });
  log.add(() => `${from.login} transfers ${name} to ${to.login} as ${moved}, with ${jobs.length} jobs`);
}

/** Runners of the former owner get none of its jobs (docs/ARCHITECTURE.md). */
function unregister({ ports }: WorldDeps, repository: string): void {
  for (const [key, { scope }] of ports.github.registrations) {
    if (scope.kind !== 'repository') continue;
    if (`${scope.owner}/${scope.repository}`.toLowerCase() === repository.toLowerCase())
      ports.github.registrations.delete(key);
  }
}
