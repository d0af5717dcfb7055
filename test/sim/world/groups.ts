/**
 * The runner groups of organizations, as their owners set and change them, without any notification from GitHub.
 * Public repositories get no runner from a new group; some groups are for selected repositories.
 */
import { InstallationId } from '../../../lib/core/ids.ts';
import type { RunnerGroup } from '../../../lib/core/runner-group.ts';
import { defaultGroup } from '../../fakes/github-state.ts';
import type { Ports } from '../program/ports.ts';
import type { Account, WorldDeps, WorldJob } from './context.ts';
import { eventfulSeconds } from './times.ts';

/** The group of an account's runners, and since when it has its current settings. */
export interface AccountGroup {
  now: RunnerGroup;
  changedAt: number;
  /** No public repository was ever admitted. */
  neverPublic: boolean;
}

export const newAccountGroup = (now: number): AccountGroup => ({
  now: defaultGroup,
  changedAt: now,
  neverPublic: true,
});

export const isPublic = ({ account, repositoryId }: WorldJob) => account.publicRepositories.has(repositoryId);

/** GitHub gives it no runner of the organization. */
export function isExcluded(job: WorldJob): boolean {
  const { account, repositoryId } = job;
  if (account.type === 'User') return false;
  const { allowsPublicRepositories, visibility, selectedRepositoryIds = [] } = account.group.now;
  if (isPublic(job) && !allowsPublicRepositories) return true;
  return visibility === 'selected' && !selectedRepositoryIds.includes(repositoryId);
}

/** What GitHub itself knows about the account, under its current installation. */
export function putGroup({ github }: Ports, account: Account): void {
  if (account.installationId === undefined) return;
  github.putGroup(InstallationId(account.installationId), account.group.now);
}

/** Some owners change the group while jobs wait. */
export function startGroupChanges(deps: WorldDeps, account: Account, changed: () => void): void {
  const { random, scheduler, faults, ports, log } = deps;
  for (let n = 0; n < 2; n++) {
    if (account.type === 'User' || !faults.strikes('groupChange')) continue;
    scheduler.after(random.between(5, eventfulSeconds * 0.6) * 1000, () => {
      const { group } = account;
      const allowsPublicRepositories = random.chance(0.6);
      const isSelected = random.chance(0.3);
      const selectedRepositoryIds = [
        ports.github.repositoryId(`${account.login}/${account.repositories[0]}`),
      ];
      group.now = {
        ...defaultGroup,
        allowsPublicRepositories,
        ...(isSelected ? { visibility: 'selected' as const, selectedRepositoryIds } : {}),
      };
      group.changedAt = scheduler.now();
      group.neverPublic &&= !allowsPublicRepositories;
      putGroup(ports, account);
      log.add(() => `${account.login} sets its group to ${JSON.stringify(group.now)}`);
      changed();
    });
  }
}
