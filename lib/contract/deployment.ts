/**
 * What functions know without a call: the checked configuration, as a file beside each bundle (`deployment.json`). It is
 * a file because environment variables are limited to 4 KB, and thirty tiers need more.
 */
import type { TierName } from '../core/ids.ts';
import type { OwnRates } from '../core/own-rates.ts';
import type { PriceList } from '../core/price-list.ts';
import type { Architecture, Tier } from '../core/tier.ts';

export const deploymentFile = 'deployment.json';

/** Only beside the reconciler's bundle: the settings as the operator wrote them, which it records. */
export const configurationFile = 'configuration.json';

export interface Deployment {
  /** Prefix of every name: `{environment}-tenants`, `{environment}-{tier}-builds`, … */
  readonly environment: string;
  readonly region: string;
  readonly tiers: readonly Tier[];
  readonly defaultTier: TierName;
  /**
   * open: an installation becomes a tenant at once. approve: it stays `pending` until the operator sets `status` to
   * active.
   */
  readonly onboarding: 'open' | 'approve';
  /**
   * The name of the runner group that organization-level runners join if their tenant names none. Absent: the default
   * group.
   */
  readonly runnerGroup?: string;
  readonly runner: RunnerChoice;
  readonly limits: Limits;
  readonly caps: Caps;
  /** AWS's prices of the tiers' types. Absent: the list that ships with Mayfly. */
  readonly prices?: PriceList;
  /** What the operator charges tenants. Absent: what machines cost. */
  readonly ownRates?: OwnRates;
  /** PEM certificates for the region that may sign instance identity documents, besides those that ship with Mayfly. */
  readonly identityCertificates?: readonly string[];
}

/** Which release of GitHub's runner program machines run. */
export interface RunnerChoice {
  /** Absent: the current release. */
  readonly version?: string;
  /** The checksum that the operator expects of that release's archive. */
  readonly sha256: Readonly<Partial<Record<Architecture, string>>>;
}

/** Numeric limits, because anybody may install a public App and start any number of jobs. */
export interface Caps {
  /** Running machines of all tenants and tiers together. Absent: no such cap. */
  readonly machinesInAll?: number;
  /** Waiting jobs of one tenant; jobs beyond this are refused. */
  readonly waitingJobsPerTenant: number;
  /** Machines that one tenant may start in a minute; its `max_runners` if that is more. */
  readonly launchesPerMinutePerTenant: number;
  /** Under a spend cap, each machine counts with its longest possible life until it ends. Absent: false. */
  readonly strictSpend?: boolean;
  /** What happens to jobs over a tenant's spend cap. Absent: hold. */
  readonly overSpend?: 'hold' | 'refuse';
}

/** Deadlines of states, in seconds; see docs/ARCHITECTURE.md. */
export interface Limits {
  /** From CreateFleet to the machine's `confirm`. */
  readonly bootSeconds: number;
  /** From `confirm` to a job. */
  readonly idleSeconds: number;
  /** A machine with a job is ended after this time. */
  readonly jobSeconds: number;
  /** How long a job may wait. GitHub itself gives up after 24 hours. */
  readonly waitSeconds: number;
}
