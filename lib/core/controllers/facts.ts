/**
 * The facts about a job that rules and controllers get. Facts that only GitHub has about its run are fetched if needed, and
 * absent otherwise: a rule that names an absent fact cannot be evaluated.
 */
import type { RepositoryVisibility, RunAbout } from '../github.ts';
import type { Job } from '../job.ts';
import { levelNow } from '../runner-level.ts';
import type { Tenant } from '../tenant.ts';
import type { ScopedJob } from './scope.ts';

export interface JobFacts {
  readonly account: { readonly login: string; readonly id: number; readonly type: 'Organization' | 'User' };
  readonly repository: {
    /** `owner/name`. */
    readonly name: string;
    readonly id?: number;
    readonly visibility?: RepositoryVisibility;
  };
  readonly workflow: { readonly name?: string; readonly path?: string };
  readonly run: { readonly id: number } & Partial<RunFacts>;
  readonly job: {
    readonly id: number;
    readonly labels: readonly string[];
    readonly tier: string;
    /** Where its machine registers. */
    readonly level: 'organization' | 'repository';
    /** The runner group; empty with a repository's own registration. */
    readonly group: string;
    /** In US dollars, of the tier's first instance type on demand. Absent: no price is known. */
    readonly price_per_hour?: number;
  };
}

/** Facts that only GitHub has. */
export type RunFacts = Omit<RunAbout, 'path'>;

/** GitHub's name for the group of runners that were registered without naming one. */
export const defaultGroup = 'Default';

/** @param group the runner group that the tenant's machines join, if it has named one */
export function scopedJob(tenant: Tenant, job: Job, group: string | undefined): ScopedJob {
  const { tier, repositoryId } = job;
  if (tier === undefined) throw new Error(`The job ${job.jobId} has no tier, so nothing runs it.`);
  const isOfOrganization = levelNow(tenant).level === 'organization';
  return { tier, repositoryId, ...(isOfOrganization ? { group: group ?? defaultGroup } : {}) };
}

export function jobFacts(
  tenant: Tenant,
  job: Job,
  more: {
    readonly scoped: ScopedJob;
    readonly pricePerHour: number | undefined;
    /** What GitHub reports about the run. Absent: it was not asked. */
    readonly about?: RunAbout | undefined;
  },
): JobFacts {
  const { scoped, pricePerHour } = more;
  const { path, ...run } = more.about ?? {};
  const { repository, repositoryId, visibility, workflow } = job;
  return {
    account: { login: tenant.accountLogin, id: tenant.accountId, type: tenant.accountType },
    repository: {
      name: repository,
      ...(repositoryId === undefined ? {} : { id: repositoryId }),
      ...(visibility === undefined ? {} : { visibility }),
    },
    workflow: {
      ...(workflow === undefined ? {} : { name: workflow }),
      ...(path === undefined ? {} : { path }),
    },
    run: { id: job.runId, ...run },
    job: {
      id: job.jobId,
      labels: job.labels,
      tier: scoped.tier,
      level: levelNow(tenant).level,
      group: scoped.group ?? '',
      ...(pricePerHour === undefined ? {} : { price_per_hour: pricePerHour }),
    },
  };
}
