/** One visit of the reconciler to one tenant: what it may spend, and the marks that it leaves for the next visit. */
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { NoteValue } from '../../ports/notes.ts';
import type { CallAllowance } from './call-allowance.ts';

export interface Visit {
  readonly tenant: Tenant;
  readonly calls: CallAllowance;
  /** Jobs that were taken in during this run: their rows may not be there yet. */
  readonly adopted: Set<JobId>;
  /** Workflow runs of which a job waits here, as far as the visit has read the line. */
  readonly waitingRuns: Set<number>;
  /** How many more jobs of a tenant may wait, where that was asked during this run. */
  readonly waitingRooms: Map<InstallationId, number>;
  /** Changed as the visit goes on, and stored at its end. */
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
  /** Machines that were busy at the last visit with nobody knows what. */
  busyUnheard?: readonly string[];
  /** The page of repositories that is being looked at. */
  repositoriesPage?: string;
  /** The last repository of that page that was looked at whole. */
  repository?: string;
  /** The last run whose jobs were listed, of each list of runs that is longer than a visit looks at; newest last. */
  runs?: Readonly<Record<string, string>>;
  /** When GitHub was asked last about what controllers' scopes name, epoch milliseconds. */
  targetsAt?: number;
  /** The last group and the last repository that it was asked about then. */
  groupTarget?: string;
  repositoryTarget?: number;
  /** Scopes whose target was missing at the last look, by id, and since when (epoch milliseconds). */
  lostTargets?: Readonly<Record<string, number>>;
  /** It was suspended by GitHub at the last visit: nobody told of what was queued meanwhile. */
  away?: boolean;
  /** When it was last heard to be back, epoch milliseconds. */
  returnedAt?: number;
  /** Present: jobs are unheard of, and all repositories are gone through from here on (catch-up.ts). */
  backlog?: Backlog;
}

export interface Backlog {
  /** The page of repositories that is being looked at. */
  page?: string;
  /** The last repository of that page that was looked at whole. */
  repository?: string;
  /** The last run of the next one whose jobs were listed; older runs have lower ids. */
  run?: number;
}

/** Counts and rows as they were seen, and since when (epoch milliseconds). */
export interface Difference {
  readonly seen: string;
  readonly at: number;
}

/** A note's value as marks; what it holds was written by an earlier visit. */
export const marksOf = (value: NoteValue | undefined): VisitMarks => ({ ...(value as VisitMarks) });

/** Numbers as texts that sort as the numbers do. */
export const ordered = (id: number) => String(id).padStart(16, '0');
