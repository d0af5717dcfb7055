/**
 * What a deployment's functions know without asking: the checked configuration, as a file beside each bundle
 * (`deployment.json`). A file, because environment variables end at 4 KB and thirty tiers do not.
 */
import type { TierName } from '../core/ids.ts';
import type { OwnRates } from '../core/own-rates.ts';
import type { PriceList } from '../core/price-list.ts';
import type { Architecture, Tier } from '../core/tier.ts';

export const deploymentFile = 'deployment.json';

/** Only beside the reconciler's bundle: the settings as the operator gave them, which it records. */
export const configurationFile = 'configuration.json';

export interface Deployment {
  /** Prefix of every name: `{environment}-tenants`, `{environment}-{tier}-builds`, … */
  readonly environment: string;
  readonly region: string;
  readonly tiers: readonly Tier[];
  readonly defaultTier: TierName;
  /** open: an installation becomes a tenant at once. approve: it is `pending` until the operator sets `status` to active. */
  readonly onboarding: 'open' | 'approve';
  /** The runner group, by name, that organization-level runners join if their tenant names none. Absent: the default one. */
  readonly runnerGroup?: string;
  readonly runner: RunnerChoice;
  readonly limits: Limits;
  readonly caps: Caps;
  /** AWS's prices of the tiers' types. Absent: the list that comes with Mayfly. */
  readonly prices?: PriceList;
  /** What the operator charges tenants. Absent: what machines cost. */
  readonly ownRates?: OwnRates;
  /** PEM certificates of the region that may sign instance identity documents, besides those that Mayfly ships. */
  readonly identityCertificates?: readonly string[];
}

/** Which release of GitHub's runner program machines run. */
export interface RunnerChoice {
  /** Absent: the current one. */
  readonly version?: string;
  /** The checksum that the operator expects of that version's archive. */
  readonly sha256: Readonly<Partial<Record<Architecture, string>>>;
}

/** Limits in numbers, because anybody may install a public App and start any number of jobs. */
export interface Caps {
  /** Live machines of all tenants and tiers together. Absent: no such cap. */
  readonly machinesInAll?: number;
  /** Waiting jobs of one tenant; those beyond it are refused. */
  readonly waitingJobsPerTenant: number;
  /** Machines that one tenant may start a minute, or its `max_runners` if that is more. */
  readonly launchesPerMinutePerTenant: number;
  /** Under a spend cap each machine counts as if it lived as long as it may, until it ends. Absent: false. */
  readonly strictSpend?: boolean;
  /** What happens to jobs over a tenant's spend cap. Absent: hold. */
  readonly overSpend?: 'hold' | 'refuse';
}

/** Bounds in seconds. Each is the deadline of a state; see docs/ARCHITECTURE.md. */
export interface Limits {
  /** From CreateFleet to the machine's `confirm`. */
  readonly bootSeconds: number;
  /** From `confirm` to a job. */
  readonly idleSeconds: number;
  /** A job's machine lives no longer than this. */
  readonly jobSeconds: number;
  /** How long a job may wait: GitHub itself gives up after 24 hours. */
  readonly waitSeconds: number;
}
