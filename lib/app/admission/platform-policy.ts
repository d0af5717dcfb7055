/**
 * Tenants as the gates see them: each carries the epoch of the platform-wide policy in addition to its own. That
 * epoch is one row, read with the tenant's in one call, and cached in a process for seconds, so that jobs need no
 * read of their own. If it cannot be read, the read of the tenant fails too: nothing is judged without it.
 */
import type { Tenant } from '../../core/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ControllerStore } from '../../ports/controllers.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { platformPolicySeconds } from '../common/settings.ts';

export interface JudgedStores {
  readonly tenants: TenantStore;
  readonly runners: RunnerStore;
}

export interface PlatformPolicyDeps {
  readonly controllers: Pick<ControllerStore, 'platformEpoch'>;
  readonly clock: Clock;
  /** How long an epoch that was read is used. Default: `platformPolicySeconds`. */
  readonly keptSeconds?: number;
}

/** The same stores, except for the tenants that they return. */
export function withPlatformPolicy<Stores extends JudgedStores>(
  stores: Stores,
  deps: PlatformPolicyDeps,
): Stores {
  const { tenants, runners } = stores;
  const epochOf = epochReader(deps);
  return {
    ...stores,
    tenants: {
      ...tenants,
      async get(installationId) {
        const [tenant, epoch] = await Promise.all([tenants.get(installationId), epochOf()]);
        return tenant && withEpoch(tenant, epoch);
      },
      async glance(installationId) {
        const [tenant, epoch] = await Promise.all([tenants.glance(installationId), epochOf()]);
        return tenant && withEpoch(tenant, epoch);
      },
      async findByAccount(accountId) {
        const [found, epoch] = await Promise.all([tenants.findByAccount(accountId), epochOf()]);
        return found.map((tenant) => withEpoch(tenant, epoch));
      },
      async findAcrossTenants(installationIds) {
        const [found, epoch] = await Promise.all([tenants.findAcrossTenants(installationIds), epochOf()]);
        return found.map((tenant) => withEpoch(tenant, epoch));
      },
    },
    runners: {
      ...runners,
      async readPlan(...of) {
        const [{ job, tenant }, epoch] = await Promise.all([runners.readPlan(...of), epochOf()]);
        return { job, tenant: tenant && withEpoch(tenant, epoch) };
      },
      async readRun(runner) {
        const [{ tenant, ...read }, epoch] = await Promise.all([runners.readRun(runner), epochOf()]);
        return { ...read, tenant: tenant && withEpoch(tenant, epoch) };
      },
    },
  };
}

export const withEpoch = (tenant: Tenant, epoch: number | undefined): Tenant =>
  epoch === undefined ? tenant : { ...tenant, platformEpoch: epoch };

/** Callers at the same time share one read. Its age counts from its start, since the value may be old when it ends. */
function epochReader({ controllers, clock, keptSeconds = platformPolicySeconds }: PlatformPolicyDeps) {
  let kept: { readonly at: number; readonly epoch: Promise<number | undefined> } | undefined;
  return (): Promise<number | undefined> => {
    const age = kept && clock.now() - kept.at;
    if (kept && age !== undefined && age >= 0 && age < keptSeconds * 1000) return kept.epoch;
    const reading = { at: clock.now(), epoch: controllers.platformEpoch() };
    kept = reading;
    reading.epoch.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.epoch;
  };
}
