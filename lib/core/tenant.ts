/**
 * A tenant: one installation of the App, by an organization or a user. `leases` counts its live machines, over all tiers
 * and by tier. Both limits compare with these numbers, which change only in the transaction that writes the row of a
 * launch or of a machine that takes or frees a lease: so each lease counts exactly once, and the row is as small with
 * 10,000 leases as with one.
 */
import type { Permissions } from './github.ts';
import type { InstallationId, TierName } from './ids.ts';
import type { Micros } from './micros.ts';
import type { HeldLeases, LivesByTier, SpendCaps } from './spend-counts.ts';

/** pending: installed, and waiting for the operator's approval. deleted is final. */
export type TenantStatus = 'active' | 'pending' | 'suspended' | 'deleted';

/** A GitHub account, as runners register with it. */
export interface Account {
  readonly login: string;
  readonly type: 'Organization' | 'User';
  /** Where a machine's runner registers, for life. Absent: an organization's with it, a user's with their repository. */
  readonly level?: RunnerLevel;
}

/** organization: one registration serves all of its repositories. repository: only the job's own. */
export type RunnerLevel = 'organization' | 'repository';

/** Something on GitHub's side that keeps every job of the tenant from starting. */
export interface Attention {
  readonly code: 'permission-missing' | 'github-limited' | 'github-refused';
  /** What is wrong and how to fix it; shown unchanged. */
  readonly text: string;
  /** ISO 8601. */
  readonly since: string;
  /** From then on (epoch milliseconds) one machine may try again. */
  readonly probeAt: number;
}

export interface Tenant {
  readonly installationId: InstallationId;
  readonly status: TenantStatus;
  /**
   * Who suspended it, or had when it was deleted; absent: the operator. GitHub's `unsuspend` does not lift an operator's
   * ban, not even one on a tenant that GitHub had suspended: the row distinguishes the two.
   */
  readonly suspendedBy?: 'github' | 'operator';
  /** What it was before it was deleted; a reinstallation inherits it. */
  readonly statusBeforeDeletion?: TenantStatus;
  /**
   * The plan: gives `maxRunners` when the tenant is created, and determines in which tiers a greater one
   * counts.
   */
  readonly tier: TierName;
  /** Limit of live machines over all tiers. The operator may edit it at any time. */
  readonly maxRunners: number;
  /** Limits of live machines by tier that the operator set for this tenant; see tier-limit.ts. */
  readonly tierLimits?: ReadonlyMap<TierName, number>;
  /** The tiers it may use; absent: all. The operator may edit it at any time. */
  readonly allowedTiers?: readonly TierName[];
  readonly accountId: number;
  readonly accountLogin: string;
  readonly accountType: 'Organization' | 'User';
  /** auto: with the organization where the App may, else with each job's repository. Absent: auto. The operator edits it. */
  readonly runnerLevel?: RunnerLevel | 'auto';
  /** The runner group, by name, that organization-level runners join. Absent: the deployment's. The operator edits it. */
  readonly runnerGroup?: string;
  /** The reconciler keeps the group's repositories as `allowedRepositories` has them. Absent: its owners do. */
  readonly keepsRunnerGroup?: boolean;
  /** GitHub's ids of the repositories whose jobs may run; absent: all. The operator edits it. */
  readonly allowedRepositories?: readonly number[];
  /** false: no job of a public repository runs, whatever GitHub allows. Absent: GitHub decides. The operator edits it. */
  readonly allowPublicRepositories?: boolean;
  /** The App's permissions there, as GitHub last reported them. Absent: not asked yet. */
  readonly permissions?: Permissions;
  /** Present: jobs are held, with its text as their reason. */
  readonly attention?: Attention;
  /** Its share when machines are scarce, relative to the default of 1. The operator may edit it at any time. */
  readonly weight?: number;
  /** What it may spend; absent: no limit. The operator may edit it at any time. */
  readonly caps?: SpendCaps;
  /** What it spent, by month and by day (`2026-11`, `2026-11-21`); see spend.ts. Absent, or not in it: nothing. */
  readonly spent?: ReadonlyMap<string, Micros>;
  /**
   * What earlier installations of its account had spent when their last machine was gone, in the same form.
   */
  readonly carried?: ReadonlyMap<string, Micros>;
  /** The leases that it holds, with their cost and age. Absent: none. */
  readonly held?: HeldLeases;
  /**
   * How many of its machines that were launched on a day have ended: as many records are included in what
   * it spent.
   */
  readonly settled?: ReadonlyMap<string, number>;
  /** How long its machines lived. */
  readonly lives?: LivesByTier;
  /** In which 30 days the lives of a tier were last halved; see lives.ts. */
  readonly livesFaded?: ReadonlyMap<TierName, number>;
  /** Until then (epoch milliseconds) its launch rate is used up; see launch-rate.ts. */
  readonly rateUsedUntil?: number;
  /** All that its launches ever used of it, milliseconds. */
  readonly rateUsed?: number;
  /** Leases held over all tiers. */
  readonly leases: number;
  /** Leases held by tier; absent: none. */
  readonly tierLeases: ReadonlyMap<TierName, number>;
  /** Increases whenever leases are taken or freed, so that whoever counts rows can tell whether any changed in between. */
  readonly leaseChanges: number;
  /** Its machines that ran jobs unknown to the App, mostly of repositories outside the installation. */
  readonly unknownRuns?: number;
  /**
   * The epoch of its admission policy, while any controller of it is in force. Absent: none is. Only the
   * transaction that changes a controller increments it.
   */
  readonly admissionEpoch?: number;
  /** The epoch of the platform-wide policy, as read recently, while any of its controllers is in force. */
  readonly platformEpoch?: number;
  /** An earlier installation of the same account whose machines still live: nothing starts here until they are gone. */
  readonly predecessor?: InstallationId;
  /** Grows with each change by the tenant manager; the fence for its writes. */
  readonly version: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}
