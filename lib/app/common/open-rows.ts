/**
 * Every row that still holds leases, over all tenants: machines that have not ended, and launches that have not closed. At
 * most `leasesCounted` of each: of more, some are left out.
 */
import type { Launch } from '../../core/launch.ts';
import type { Runner } from '../../core/runner.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import { leasesCounted } from './settings.ts';

/** Later than any deadline: every row that is open is overdue by then. */
const atLast = Number.MAX_SAFE_INTEGER;

export const openRunnersAcrossTenants = (deps: { readonly runners: RunnerStore }): Promise<Runner[]> =>
  deps.runners.listOverdueAcrossTenants(atLast, leasesCounted);

export const openLaunchesAcrossTenants = (deps: { readonly launches: LaunchStore }): Promise<Launch[]> =>
  deps.launches.listOverdueAcrossTenants(atLast, leasesCounted);
