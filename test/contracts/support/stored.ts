/** Rows that the stores' contracts start with: a tenant, waiting jobs, a launch that covers them. */
import { fleetRequest } from '../../../lib/core/fleet-request.ts';
import { type InstallationId, InstanceId, JobId, LaunchId, leaseOf } from '../../../lib/core/ids.ts';
import type { Job } from '../../../lib/core/job.ts';
import type { Launch } from '../../../lib/core/launch.ts';
import type { Runner } from '../../../lib/core/runner.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { NewTenant } from '../../../lib/ports/tenants.ts';
import { acme, givenJob, givenTenant, givenTier, noon, small } from '../../support/given.ts';
import type { Stores } from './store-backends.ts';

/** When the sweep looks at the machines of a closed launch. */
export const lookAt = noon + 600_000;
export const nobody = 999 as InstallationId;
export const machine = InstanceId('i-1');
export const launch1 = LaunchId('launch-1');
export const lease0 = leaseOf(launch1, 0);
/** The machine that got the first lease of the first launch. */
export const instances = new Map([[lease0, machine]]);

export function newTenant(over: Partial<NewTenant> = {}): NewTenant {
  const { leases: _l, tierLeases: _t, leaseChanges: _c, version: _v, ...tenant } = givenTenant();
  return { ...tenant, ...over };
}

export async function storedTenant(stores: Stores, over: Partial<NewTenant> = {}): Promise<Tenant> {
  const tenant = newTenant(over);
  await stores.tenants.create(tenant);
  return theTenant(stores, tenant.installationId);
}

export async function theTenant(stores: Stores, id: InstallationId = acme): Promise<Tenant> {
  const tenant = await stores.tenants.get(id);
  if (!tenant) throw new Error(`There is no tenant ${id}.`);
  return tenant;
}

/** The numbers are the jobs' ids; the first job is the oldest. */
export async function waitingJobs(stores: Stores, ...numbers: number[]): Promise<Job[]> {
  const jobs = numbers.map((n, place) => givenJob({ jobId: JobId(n), queuedAt: noon + place }));
  await stores.jobs.insert(jobs);
  return jobs;
}

export function givenLaunch(jobs: readonly Job[], over: Partial<Launch> = {}): Launch {
  const launchId = over.launchId ?? launch1;
  return {
    launchId,
    installationId: acme,
    tier: small,
    account: { login: 'acme', type: 'Organization' },
    state: 'intent',
    request: fleetRequest({
      environment: 'test',
      installationId: acme,
      tier: small,
      launchId,
      ticket: 'ticket',
      level: 'organization',
      launchTemplateName: 'test-small',
      pools: [{ instanceType: 't3.medium', subnetId: 'subnet-1' }],
      market: 'on-demand',
      machines: jobs.length,
    }),
    plannedJobs: jobs.map(({ jobId, repository }, n) => ({ lease: leaseOf(launchId, n), jobId, repository })),
    callUntil: noon + 60_000,
    createdAt: noon,
    instances: new Map(),
    ...over,
  };
}

/** A tenant, and its waiting jobs covered by one launch. */
export async function takenLaunch(stores: Stores, ...numbers: number[]): Promise<Launch> {
  const tenant = await storedTenant(stores);
  const launch = givenLaunch(await waitingJobs(stores, ...numbers));
  const { kind } = await stores.launches.take({ tenant, tier: givenTier(), launch });
  if (kind !== 'taken') throw new Error(`The launch was not taken: ${kind}`);
  await stores.launches.cover(launch);
  return launch;
}

/** A machine of the first launch, planned for the job at the same index. */
export const givenRunner = (over: Partial<Runner> = {}): Runner => ({
  instanceId: machine,
  installationId: acme,
  tier: small,
  launchId: launch1,
  lease: lease0,
  state: 'booting',
  plannedJob: JobId(1),
  repository: 'acme/app',
  account: { login: 'acme', type: 'Organization' },
  instanceType: 't3.medium',
  spot: false,
  deadline: noon + 600_000,
  launchedAt: noon,
  ...over,
});
