/** What the use cases about jobs and machines need from outside. Each interface adds to the one above; none repeats it. */
import type { Deployment } from '../../contract/deployment.ts';
import type { Subnet } from '../../core/pools.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Chance, Clock } from '../../ports/clock.ts';
import type { Compute } from '../../ports/compute.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { Notes } from '../../ports/notes.ts';
import type { Queues } from '../../ports/queues.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { SpotPrices } from '../../ports/spot-prices.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import type { UsageStore } from '../../ports/usage.ts';
import type { UsageLedger } from '../../ports/usage-ledger.ts';

/** Ending machines and freeing their leases. */
export interface EndDeps {
  readonly deployment: Deployment;
  readonly tenants: TenantStore;
  readonly jobs: JobStore;
  readonly launches: LaunchStore;
  readonly runners: RunnerStore;
  readonly usage: UsageStore;
  readonly compute: Compute;
  readonly spotPrices: SpotPrices;
  readonly queues: Queues;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Following facts about jobs and machines. */
export interface LifecycleDeps extends EndDeps {
  readonly notes: Notes;
}

/** Comparing records with GitHub and EC2; starts no machine. */
export interface ReconcileDeps extends LifecycleDeps {
  readonly controllers: ControllerStore;
  readonly audit: Audit;
  readonly github: GitHub;
  readonly ledger: Pick<UsageLedger, 'recordsOf'>;
}

/** Starting machines, and ending none. */
export interface LaunchDeps extends Omit<LifecycleDeps, 'usage'> {
  readonly chance: Chance;
  /** In the configured order. */
  readonly subnets: readonly Subnet[];
}

/** Repairing overdue rows: whatever the events' own use cases do, and asking GitHub. */
export interface SweepDeps extends LaunchDeps {
  readonly usage: UsageStore;
  readonly github: GitHub;
}
