/**
 * Whether the runner group that a tenant's machines join admits a job. GitHub sends a job's webhook whichever groups
 * admit it, so a machine for a job that its group excludes would idle until its deadline. Unknown settings exclude a
 * job only if a group was named, or if the repository is public: the default group admits no public ones.
 * Source: https://docs.github.com/en/rest/actions/self-hosted-runner-groups
 */
import type { Job } from './job.ts';
import { type Reason, reason } from './reason.ts';
import type { Tenant } from './tenant.ts';

/** A runner group of an organization, as far as it decides who gets its runners. */
export interface RunnerGroup {
  readonly id: number;
  readonly name: string;
  /** private: every repository that is not public. */
  readonly visibility: 'all' | 'selected' | 'private';
  readonly allowsPublicRepositories: boolean;
  /** For a `selected` group. Absent: too many to read, so any may be included. */
  readonly selectedRepositoryIds?: readonly number[];
}

/** GitHub's latest answer. missing: no group of that name. unavailable: GitHub does not show this organization's groups. */
export type GroupStanding =
  | { readonly kind: 'found'; readonly group: RunnerGroup }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly message: string }
  /** The App may not read groups. Nothing is excluded: the registration will show what is missing. */
  | { readonly kind: 'unreadable' };

/** The group of one tenant's runners. */
export interface GroupView {
  /** Absent: the organization's default group. */
  readonly name?: string;
  /** Absent: not read recently. */
  readonly standing?: GroupStanding;
}

/** What a group's decision depends on. */
export type GroupedJob = Pick<Job, 'repository' | 'repositoryId' | 'visibility'>;

export interface Exclusion {
  readonly reason: Reason;
  /** Whether it excludes only this job. False: all of the tenant's jobs. */
  readonly ofJob: boolean;
}

/** Undefined: as far as is known, the group admits it. */
export function excludedBy(view: GroupView, login: string, job: GroupedJob): Exclusion | undefined {
  const { name, standing } = view;
  const where = `Settings, Actions, Runner groups of ${login}`;
  switch (standing?.kind) {
    case undefined:
      return name === undefined && job.visibility !== 'public' ? undefined : notAskedYet(view, login);
    case 'unreadable':
      return undefined;
    case 'missing':
      return ofTenant(
        'group-missing',
        `${login} has no runner group named ${name}. If an owner creates it under ${where}, or the operator names another group, the job starts within minutes.`,
      );
    case 'unavailable':
      return name === undefined
        ? undefined
        : ofTenant(
            'groups-unavailable',
            `GitHub does not show the runner groups of ${login} (${standing.message}), but its runners should join ${name}. Custom runner groups need GitHub Team or Enterprise; without it, the operator must remove the tenant's runner group.`,
          );
    case 'found':
      return excludedByGroup(standing.group, where, job);
  }
}

function excludedByGroup(group: RunnerGroup, where: string, job: GroupedJob): Exclusion | undefined {
  const { name, visibility, allowsPublicRepositories, selectedRepositoryIds } = group;
  if (job.visibility === 'public' && (!allowsPublicRepositories || visibility === 'private')) {
    const setting = visibility === 'private' ? '“Repository access”' : '“Allow public repositories”';
    return ofJob(
      'public-repository',
      `The runner group ${name} does not allow public repositories, and ${job.repository} is public. If an owner changes ${setting} under ${where}, ${name}, the job starts within minutes. Or make the repository private and re-run the job.`,
    );
  }
  const isLeftOut =
    visibility === 'selected' &&
    job.repositoryId !== undefined &&
    selectedRepositoryIds !== undefined &&
    !selectedRepositoryIds.includes(job.repositoryId);
  if (!isLeftOut) return undefined;
  return ofJob(
    'repository-not-in-group',
    `${job.repository} is not among the repositories selected for the runner group ${name}. If an owner adds it to “Repository access” under ${where}, ${name}, the job starts within minutes.`,
  );
}

/** Whether Mayfly maintains the tenant's group, and so adds this repository to it if it is missing there. */
export const mayflyAdds = (
  { keepsRunnerGroup, allowedRepositories }: Pick<Tenant, 'keepsRunnerGroup' | 'allowedRepositories'>,
  { group, repositoryId }: { readonly group: GroupView | undefined; readonly repositoryId?: number },
): boolean =>
  keepsRunnerGroup === true &&
  group?.name !== undefined &&
  (allowedRepositories?.some((id) => id === repositoryId) ?? false);

const notAskedYet = ({ name = 'Default' }: GroupView, login: string) =>
  ofTenant(
    'group-unknown',
    `GitHub is being asked which repositories the runner group ${name} of ${login} admits; the job starts if it is among them.`,
  );

const ofTenant = (...words: Parameters<typeof reason>): Exclusion => ({
  reason: reason(...words),
  ofJob: false,
});
const ofJob = (...words: Parameters<typeof reason>): Exclusion => ({ reason: reason(...words), ofJob: true });
