/**
 * A tier: a size of runner that customers choose with labels in `runs-on`. Tiers are configuration; they are validated
 * once, at synth, and then used as they are.
 */
import type { TierName } from './ids.ts';
import type { BilledMachine } from './price.ts';

export type Architecture = 'x64' | 'arm64';

export interface Tier {
  readonly name: TierName;
  /** Every label that a runner of this tier registers with. Labels compare without regard to case, as on GitHub. */
  readonly labels: readonly string[];
  readonly os: 'linux';
  readonly architecture: Architecture;
  /** EC2 instance types, in order of preference. The first one gives the tier its size. */
  readonly instanceTypes: readonly string[];
  /** How many live machines of this tier one tenant may have; also the `max_runners` of a tenant whose plan is this tier. */
  readonly maxRunners: number;
  /** The other plans that include this tier: a greater `max_runners` of their tenants counts in it. Absent: none. */
  readonly includedIn?: readonly TierName[];
  /** Spot machines first; on-demand ones while no spot pool has any. */
  readonly spot: boolean;
  /** Where its machines may be; absent: in every subnet of the deployment. */
  readonly subnetIds?: readonly string[];
  /** How many live machines of this tier all tenants may have together. Absent: no such cap. */
  readonly capOverAllTenants?: number;
  /** What AWS charges for its machines, in addition to their type. */
  readonly billed: BilledMachine;
}
