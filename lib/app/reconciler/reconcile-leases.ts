/**
 * Frees the leases that no machine answers for: the launch is over, and the machine has provably ended, or was not
 * shown for longer than EC2 remembers. Everything else about a lease is left to the deadlines of its launch and its runner.
 */
import { type InstanceId, type LeaseId, launchOfLease } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Launch } from '../../core/launch.ts';
import { nextInTurn } from '../../core/next-in-turn.ts';
import { reason } from '../../core/reason.ts';
import type { Runner } from '../../core/runner.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { absenceProofSeconds } from '../common/settings.ts';
import { freeTenantAndCapLeases } from '../common/shared-lines.ts';
import { logRepair } from './log-repair.ts';
import { askAfterSeconds, leasesPerVisit } from './reconcile-settings.ts';
import type { Visit } from './tenant-visit.ts';

interface Held {
  readonly lease: LeaseId;
  readonly launch: Launch | undefined;
  readonly runner: Runner | undefined;
}

/** @returns covered jobs whose runner has listened for long without them */
export async function reconcileLeases(deps: ReconcileDeps, { tenant, marks }: Visit): Promise<Job[]> {
  const turn = { keyOf: (lease: LeaseId) => lease, after: marks.lease, count: leasesPerVisit };
  const leases = nextInTurn([...tenant.leases], turn);
  if (leases.length === 0) return [];
  const held = await readHeld(deps, tenant, leases);
  const settled = await Promise.all(held.map((one) => hasNoMachine(deps, one)));
  await freeAll(
    deps,
    tenant,
    held.filter((_, n) => settled[n]),
  );
  marks.lease = leases.at(-1)!;
  const suspects = await Promise.all(held.map((one) => suspectJob(deps, one)));
  return suspects.flatMap((job) => job ?? []);
}

async function readHeld(
  deps: ReconcileDeps,
  { installationId }: Tenant,
  leases: readonly LeaseId[],
): Promise<Held[]> {
  const launchIds = [...new Set(leases.map(launchOfLease))];
  const found = await Promise.all(launchIds.map((launchId) => deps.launches.get(installationId, launchId)));
  const launches = new Map(launchIds.map((launchId, n) => [launchId, found[n]]));
  const machineOf = (lease: LeaseId) => launches.get(launchOfLease(lease))?.instances.get(lease);
  const ids = leases.flatMap((lease) => machineOf(lease) ?? []);
  const rows = ids.length === 0 ? [] : await deps.runners.findAcrossTenants(ids);
  return leases.map((lease) => ({
    lease,
    launch: launches.get(launchOfLease(lease)),
    runner: rows.find((row) => row.instanceId === machineOf(lease)),
  }));
}

async function hasNoMachine(deps: ReconcileDeps, { lease, launch, runner }: Held): Promise<boolean> {
  if (launch && launch.state !== 'closed') return false;
  if (runner) return runner.state === 'ended';
  // The rows of a launch outlive its machines by days: one that is gone is long past the proof.
  const isOld = !launch || deps.clock.now() >= launch.createdAt + absenceProofSeconds * 1000;
  const instanceId = launch?.instances.get(lease);
  return instanceId ? ends(deps, [instanceId], isOld) : isOld && (await endTagged(deps, lease));
}

/** Asked to end; what EC2 does not know has ended only if it is old. */
async function ends(deps: ReconcileDeps, ids: readonly InstanceId[], isOld: boolean): Promise<boolean> {
  const { unknown } = await deps.compute.terminate(ids);
  return unknown.length === 0 || isOld;
}

/** No machine was written down for the lease: those that carry its launch's tag and have no row end first. */
async function endTagged(deps: ReconcileDeps, lease: LeaseId): Promise<boolean> {
  const tagged = await deps.compute.findByLaunch(launchOfLease(lease));
  const ids = tagged.map(({ instanceId }) => instanceId);
  if (ids.length === 0) return true;
  const rows = await deps.runners.findAcrossTenants(ids);
  const live = rows.filter((row) => row.state !== 'ended');
  if (live.some((row) => row.lease === lease)) return false;
  const strangers = ids.filter((id) => !live.some((row) => row.instanceId === id));
  return strangers.length === 0 || ends(deps, strangers, false);
}

async function freeAll(deps: ReconcileDeps, tenant: Tenant, settled: readonly Held[]): Promise<void> {
  if (settled.length === 0) return;
  const { installationId } = tenant;
  // Read after the rows: whoever ended a machine meanwhile freed its lease before it closed the row.
  const now = await deps.tenants.get(installationId);
  const leaked = settled.filter(({ lease }) => now?.leases.has(lease));
  for (const { lease, launch, runner } of leaked) {
    const jobId = launch?.plannedJobs.find((plannedJob) => plannedJob.lease === lease)?.jobId;
    const why = reason(
      'runner-ended',
      'The machine that was meant for it is gone; the job gets another one.',
    );
    // First the job waits again: a lease is never free while a job still counts on it.
    for (const meant of new Set([jobId, runner?.plannedJob])) {
      if (meant !== undefined) await deps.jobs.waitAgain(installationId, meant, lease, why);
    }
    const tier = tierOf(tenant, lease) ?? launch?.tier ?? tenant.tier;
    await freeTenantAndCapLeases(deps, { installationId, tier }, [lease]);
    logRepair(deps, {
      kind: 'lease-freed',
      installationId,
      tier,
      lease,
      launchId: launchOfLease(lease),
      ...(runner ? { instanceId: runner.instanceId } : {}),
      ...(jobId === undefined ? {} : { jobId }),
      reason: runner ? 'Its machine has ended.' : 'It has no machine, and its launch is over.',
    });
  }
  if (leaked.length > 0) await pokeWaiting(deps, installationId);
}

const tierOf = ({ tierLeases }: Tenant, lease: LeaseId) =>
  [...tierLeases].find(([, leases]) => leases.has(lease))?.[0];

async function suspectJob(deps: ReconcileDeps, { lease, runner }: Held): Promise<Job | undefined> {
  if (runner?.state !== 'listening') return undefined;
  if (deps.clock.now() < (runner.listeningAt ?? runner.launchedAt) + askAfterSeconds * 1000) return undefined;
  const job = await deps.jobs.get(runner.installationId, runner.plannedJob);
  return job?.state === 'covered' && job.lease === lease ? job : undefined;
}
