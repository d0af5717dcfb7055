/** Everything known about a job when it is explained. Nothing is looked up later. */
import type { Caps, Limits } from '../../contract/deployment.ts';
import type { GitHubRun, Installation, ListedJob, ListedRunner } from '../../core/github.ts';
import type { InstallationId, JobId, TierName } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import type { LaunchPace } from '../../core/launch-pace.ts';
import type { Closings } from '../../core/pools.ts';
import type { PriceList } from '../../core/price-list.ts';
import type { Runner } from '../../core/runner.ts';
import type { GroupView } from '../../core/runner-group.ts';
import type { CapUse, SharedCap } from '../../core/shared-cap.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';

export interface Facts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly platform: Platform;
  readonly asked: {
    readonly jobId: JobId;
    readonly repository?: string;
    /** How many of the waiting jobs were searched for it, if not all of them. */
    readonly searchEndedAfter?: number;
  };
  readonly tenant?: Tenant;
  readonly job?: Job;
  /** The group of the tenant's machines, if its level has groups. */
  readonly group?: GroupView;
  readonly line?: Line;
  readonly supply?: Supply;
  /** The machine of the lease that covers the job. */
  readonly plan?: Machine;
  /** The machine that was planned for it before. */
  readonly former?: Machine;
  /** The machine that GitHub says ran it. */
  readonly ranOn?: Runner;
  /** Rows of its launches and machines, and of the jobs that these ran. Absent: all were readable. */
  readonly unreadable?: readonly UnreadableRow[];
  /** Absent: GitHub was not asked. */
  readonly github?: GitHubFacts;
  /** Dead letters about it. Absent: not looked at. */
  readonly deadLetters?: readonly DeadLetter[];
  /** Absent: scale-up reads all queues, or nobody looked. */
  readonly drain?: DrainFacts;
}

export interface DrainFacts {
  /** Whose queues scale-up does not read. */
  readonly tiers: readonly TierName[];
  /** One sentence. */
  readonly text: string;
}

/** The deployment's configuration. */
export interface Platform {
  readonly environment: string;
  readonly region: string;
  /** Absent: Mayfly's own. */
  readonly prices?: PriceList;
  /** Smallest first. */
  readonly tiers: readonly Tier[];
  readonly limits: Limits;
  readonly caps: Caps;
}

/** The line of the tenant's waiting jobs in the same tier. */
export interface Line {
  /** How many waiting jobs before it may have a machine. */
  readonly ahead: number;
  /** The job is beyond the part of the line that was read: at least `ahead` jobs are before it. */
  readonly isCut?: true;
  /** The tenant's newest jobs of all tiers, in any state. */
  readonly recent: readonly Job[];
}

/** What copies share about EC2 and about caps. */
export interface Supply {
  readonly closings: Closings;
  readonly pace?: LaunchPace;
  /** The caps that bind the job's tier. */
  readonly caps: readonly { readonly cap: SharedCap; readonly use: CapUse }[];
}

export interface Machine {
  readonly launch?: Launch;
  readonly runner?: Runner;
  /** The job that the machine ran instead. */
  readonly ran?: Job;
}

export interface GitHubFacts {
  /** not-found: the App is not installed where the repository is; unknown: it was not asked. */
  readonly installation:
    | { readonly kind: 'found'; readonly installationId: InstallationId; readonly installation: Installation }
    | { readonly kind: 'not-found' | 'unknown' };
  readonly job:
    | { readonly kind: 'found'; readonly job: JobOnGitHub }
    | { readonly kind: 'not-found' }
    | { readonly kind: 'refused'; readonly message: string };
  readonly run?: GitHubRun;
  /** The registration of the machine that is meant for it. null: GitHub lists none of its name. */
  readonly runner?: ListedRunner | null;
  /** Attempts to deliver the webhook of exactly this job, newest first. Absent: not looked for. */
  readonly deliveries?: readonly JobDelivery[];
}

export interface JobOnGitHub extends ListedJob {
  readonly runId: number;
  /** Epoch milliseconds. */
  readonly startedAt?: number;
  readonly completedAt?: number;
}

export interface JobDelivery {
  readonly id: number;
  readonly deliveredAt: number;
  readonly statusCode: number;
  /** What the platform answered, shortened. */
  readonly answer: string;
}

export interface DeadLetter {
  readonly queue: string;
  readonly ageMinutes: number;
}
