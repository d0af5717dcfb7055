/** One visit of the reconciler to one tenant: what it may spend, and the marks that it leaves for the next visit. */
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { CallAllowance } from './call-allowance.ts';

export interface Visit {
  readonly tenant: Tenant;
  readonly calls: CallAllowance;
  /** Jobs that were adopted during this run: their rows may not be there yet. */
  readonly adopted: Set<JobId>;
  /** Workflow runs with a job that waits here, as far as the visit has read the line. */
  readonly waitingRuns: Set<number>;
  /** How many more jobs of a tenant may wait, if this run has checked that. */
  readonly waitingRooms: Map<InstallationId, number>;
  /** Changes during the visit, and is stored at its end. */
  readonly marks: VisitMarks;
}

/** Absent: from the start. Losing them costs a second look at what was seen. */
export interface VisitMarks {
  /** The last lease that was looked at. */
  lease?: string;
  /** How the tenant's counts differ from its rows. */
  difference?: Difference;
  /** When what is spent today was last compared with the records, epoch milliseconds. */
  spentAt?: number;
  /** The last job that GitHub was asked about. */
  job?: string;
  /** The page of the organization's runners that comes next. */
  runnersPage?: string;
  /** Registrations that were offline and unknown at the last visit. */
  strangers?: readonly string[];
  /** Machines that were busy at the last visit with an unknown job. */
  busyUnheard?: readonly string[];
  /** The current page of repositories. */
  repositoriesPage?: string;
  /** The last repository of that page that was looked at whole. */
  repository?: string;
  /** The last run whose jobs were listed, for each list of runs that is longer than a visit looks at; newest last. */
  runs?: Readonly<Record<string, string>>;
  /** For each list of runs that has several pages: its further page that comes next, and whether now; newest last. */
  runsPages?: Readonly<Record<string, FurtherPage>>;
  /** The page of a run's jobs that comes next, for each run that has another one; newest last. */
  jobsPages?: Readonly<Record<string, string>>;
  /** When GitHub was last asked about what controllers' scopes name, epoch milliseconds. */
  targetsAt?: number;
  /** The last group and the last repository that it was asked about then. */
  groupTarget?: string;
  repositoryTarget?: number;
  /** Scopes whose target was missing at the last look, by id, and since when (epoch milliseconds). */
  lostTargets?: Readonly<Record<string, number>>;
  /** GitHub had it suspended at the last visit: jobs queued meanwhile were not reported. */
  away?: boolean;
  /** When it was last reported to be back, epoch milliseconds. */
  returnedAt?: number;
  /** Present: it has unreported jobs, and all repositories are gone through from here on (catch-up.ts). */
  backlog?: Backlog;
  /** Repositories that failed then, the longest untried first (failed-repositories.ts). */
  failedRepositories?: readonly FailedRepository[];
}

export interface FurtherPage {
  readonly cursor: string;
  /** Visits look at the first page and at a further one in turn. */
  readonly isNow: boolean;
}

/** Of a repository that is gone through. */
export interface RunPosition {
  /** The last run whose jobs were listed, or that was passed; older runs have lower ids. */
  run?: number;
  /** Runs whose jobs GitHub could not list, the longest untried first. */
  failedRuns?: readonly number[];
}

/** Its run is of the repository that comes next. */
export interface Backlog extends RunPosition {
  /** The current page of repositories. */
  page?: string;
  /** The last repository of that page that was gone through, or passed. */
  repository?: string;
}

export interface FailedRepository extends Readonly<RunPosition> {
  readonly repositoryId: number;
}

/** Counts and rows as they were seen, and since when (epoch milliseconds). */
export interface Difference {
  readonly seen: string;
  readonly at: number;
}

/** Numbers as texts that sort as the numbers do. */
export const ordered = (id: number) => String(id).padStart(16, '0');
