/**
 * The tables' keys and indexes, as both the stacks and the DynamoDB adapter use them. Attributes that operators read
 * or edit are in snake case; the tenants table is the one that docs/OPERATIONS.md shows AWS CLI commands for.
 *
 * `pending` on jobs is a sparse local index, so that it can be read consistently: it holds the jobs that need
 * attention. `overdue` on launches is a sparse global index, by deadline, over those that are open, and those with machines
 * that may live. Machines have no index: each write of one costs as much as one of the row.
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
  /** What all copies share for a while: empty pools, budgets, paces, cursors. */
  notes: {
    suffix: 'notes',
    partitionKey: { name: 'name', type: 'S' },
    indexes: {},
    timeToLive: 'expires_at',
  },
  /** What each machine was used for: a row for each that ended, of the day of its launch. */
  usage: {
    suffix: 'usage',
    partitionKey: { name: 'day', type: 'S' },
    sortKey: { name: 'machine', type: 'S' },
    indexes: {},
    timeToLive: 'expires_at',
  },
  /** Who changed what, and why; see audit.ts. Rows are added, and never changed, so it has no time to live. */
  audit: {
    suffix: 'audit',
    partitionKey: { name: 'subject', type: 'S' },
    sortKey: { name: 'entry', type: 'S' },
    indexes: {},
  },
  /**
   * Admission controllers, their tokens, secrets and decisions. All rows of one tenant, and no other's, are in its partition;
   * those of the platform's operator in partition 0.
   */
  controllers: {
    suffix: 'controllers',
    partitionKey: { name: 'installation_id', type: 'N' },
    sortKey: { name: 'item', type: 'S' },
    indexes: {},
    timeToLive: 'expires_at',
  },
} as const;

/** The value of `open` on launches that are not closed, and on those that are and whose machines are looked after. */
export const openMarker = 'open';
export const watchedMarker = 'machines';
/** How long rows of finished things are kept, in days: late events must find them. */
export const tombstoneDays = 7;
/** How long usage rows are kept, in days: a month can be read until the next one is over. */
export const usageDays = 62;
/** Sums of a day are made while all of the day's records are certain to exist. */
export const rolledUpDays = usageDays - 2;
/** How long the sums of a day are kept, in days: thirteen months, of which the first one whole. */
export const usageSumDays = 430;
/** The number of a tenant's leases, over all tiers; with the tier's name appended, of one tier. */
export const leasesAttribute = 'leases_held';
export const tierLeasesAttribute = (tier: string) => `${leasesAttribute}_${tier}`;
/** In the tenants table: the epoch of a tenant's admission policy, while any controller of it is in force. */
export const admissionEpochAttribute = 'admission_epoch';

/** What a tenant spent in a month or a day, in micro-dollars: `spent_2026-11`, `spent_2026-11-21`; see core/spend.ts. */
export const spentAttribute = (period: string) => `spent_${period}`;
/** The same for earlier installations of its account. */
export const carriedAttribute = (period: string) => `carried_${period}`;
/** What the leases of a day are expected to cost that are held: `reserved_2026-11-21`; and the sum of when they were taken. */
export const reservedAttribute = (day: string) => `reserved_${day}`;
export const sinceAttribute = (day: string, tier: string) => `since_${day}_${tier}`;
/** How many machines of a tier lived for so long: `lives_small_3`. */
export const livesAttribute = (tier: string, range: number | '') => `lives_${tier}_${range}`;
