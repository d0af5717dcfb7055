/**
 * The tables' keys and indexes, for the stacks and the DynamoDB adapter. Attributes that operators read or edit are in
 * snake case; docs/OPERATIONS.md shows AWS CLI commands for the tenants table.
 *
 * `pending` on jobs is a sparse local index of the jobs that need attention; local, so that it can be read consistently.
 * `overdue` on launches is a sparse global index, by deadline, of launches that are open or whose machines may still run.
 * `unanswered` on controllers is a sparse global index, by the end of their time, of the questions that controllers fetch.
 * Runners have no index: each write to an index costs as much as one to the row.
 */
export const tables = {
  tenants: {
    suffix: 'tenants',
    partitionKey: { name: 'installation_id', type: 'N' },
    indexes: { byAccount: { name: 'by-account', partitionKey: { name: 'account_id', type: 'N' } } },
  },
  jobs: {
    suffix: 'jobs',
    partitionKey: { name: 'installation_id', type: 'N' },
    sortKey: { name: 'job_id', type: 'N' },
    indexes: { pending: { name: 'pending', sortKey: { name: 'pending', type: 'S' } } },
    timeToLive: 'expires_at',
  },
  launches: {
    suffix: 'launches',
    partitionKey: { name: 'launch_id', type: 'S' },
    indexes: {
      overdue: {
        name: 'overdue',
        partitionKey: { name: 'open', type: 'S' },
        sortKey: { name: 'deadline', type: 'N' },
      },
    },
    timeToLive: 'expires_at',
  },
  runners: {
    suffix: 'runners',
    partitionKey: { name: 'instance_id', type: 'S' },
    indexes: {},
    timeToLive: 'expires_at',
  },
  /** What all copies share for a while: empty pools, budgets, launch rates, cursors. */
  notes: {
    suffix: 'notes',
    partitionKey: { name: 'name', type: 'S' },
    indexes: {},
    timeToLive: 'expires_at',
  },
  /** What each machine was used for: a row for each ended machine, under the day of its launch. */
  usage: {
    suffix: 'usage',
    partitionKey: { name: 'day', type: 'S' },
    sortKey: { name: 'machine', type: 'S' },
    indexes: {},
    timeToLive: 'expires_at',
  },
  /** Who changed what, and why; see audit.ts. Rows are only added, never changed or expired. */
  audit: {
    suffix: 'audit',
    partitionKey: { name: 'subject', type: 'S' },
    sortKey: { name: 'entry', type: 'S' },
    indexes: {},
  },
  /**
   * Admission controllers, their tokens, secrets and decisions. A tenant's partition holds its rows and nobody else's;
   * partition 0 holds those of the platform's operator.
   */
  controllers: {
    suffix: 'controllers',
    partitionKey: { name: 'installation_id', type: 'N' },
    sortKey: { name: 'item', type: 'S' },
    indexes: {
      unanswered: {
        name: 'unanswered',
        partitionKey: { name: 'asked_of', type: 'S' },
        sortKey: { name: 'ends_at', type: 'N' },
      },
    },
    timeToLive: 'expires_at',
  },
} as const;

/** The value of `open` on launches that are not closed, and on closed ones whose machines still need checks. */
export const openMarker = 'open';
export const watchedMarker = 'machines';
/** How many days rows of finished things are kept: late events must find them. */
export const tombstoneDays = 7;
/** How many days usage rows are kept: long enough to read a month until the next one ends. */
export const usageDays = 62;
/** A day is summed up while all of its records are certain to exist. */
export const rolledUpDays = usageDays - 2;
/** How many days the sums are kept: thirteen months, the first one complete. */
export const usageSumDays = 430;
/** The number of a tenant's leases in all tiers; with the tier's name appended, in one tier. */
export const leasesAttribute = 'leases_held';
export const tierLeasesAttribute = (tier: string) => `${leasesAttribute}_${tier}`;
/** In the tenants table: the epoch of a tenant's admission policy, while any controller is in force. */
export const admissionEpochAttribute = 'admission_epoch';

/** What a tenant spent in a month or on a day, in micro-dollars: `spent_2026-11`, `spent_2026-11-21`; see core/spend.ts. */
export const spentAttribute = (period: string) => `spent_${period}`;
/** The same for earlier installations of the same account. */
export const carriedAttribute = (period: string) => `carried_${period}`;
/**
 * What the held leases of a day are expected to cost: `reserved_2026-11-21`; and the sum of the times at which they were
 * taken.
 */
export const reservedAttribute = (day: string) => `reserved_${day}`;
export const sinceAttribute = (day: string, tier: string) => `since_${day}_${tier}`;
/**
 * The part of the reserve for machines that EC2 does not end: what they count beyond the longest life. Absent: there
 * are none.
 */
export const overrunAttribute = (day: string) => `overrun_${day}`;
/** How many machines that were launched on a day have ended, each with a record: `settled_2026-11-21`. */
export const settledAttribute = (day: string) => `settled_${day}`;
/** How many machines of a tier lived this long: `lives_small_3`. */
export const livesAttribute = (tier: string, range: number | '') => `lives_${tier}_${range}`;
/** The number of the 30 days in which they were last halved: `faded_small`. */
export const fadedAttribute = (tier: string) => `faded_${tier}`;
