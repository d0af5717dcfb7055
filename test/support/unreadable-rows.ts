/** Two tenants, one of which has rows that a manual edit broke; what each test about them needs. */
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { acme, givenEvent, givenTenant } from './given.ts';
import { givenPlatform, type Platform } from './platform.ts';

export const globex = InstallationId(202);
export const tenants = [
  givenTenant({ maxRunners: 9 }),
  givenTenant({ installationId: globex, accountId: 2, accountLogin: 'globex', maxRunners: 9 }),
];
export const ofAcme = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
export const ofGlobex = (jobId: number) =>
  givenEvent({
    ...{ jobId: JobId(jobId), installationId: globex, repository: 'globex/app', repositoryOwnerId: 2 },
  });
export const minutes = (count: number) => count * 60_000;
export const failedSweep = 'parts of the sweep failed';

export const corruptMachine = ({ stores }: Platform, machine: InstanceId) =>
  stores.world.unreadable.add(unreadableName('runners', machine));
export function corruptLaunchOf({ stores: { world } }: Platform, machine: InstanceId) {
  world.unreadable.add(unreadableName('launches', world.runner(machine)!.launchId));
}
export const machinesOf = ({ stores: { world } }: Platform, installationId: InstallationId) =>
  world
    .allRunners()
    .filter((runner) => runner.installationId === installationId && runner.state !== 'ended')
    .map(({ instanceId }) => instanceId);
export const failedReconciler = 'parts of the reconciler failed';
export const faults = ({ telemetry }: Platform) =>
  telemetry.events
    .filter(({ name }) => name === 'reconcile-failed')
    .map(({ fields }) => String(fields['error']));
export const sweepFaults = ({ telemetry }: Platform) =>
  telemetry.events.filter(({ name }) => name === 'sweep-failed').map(({ fields }) => String(fields['error']));

/** A machine of each; then one row of acme's is unreadable. */
export async function givenBoth(corrupt: (platform: Platform, machine: InstanceId) => void, over = {}) {
  const platform = await givenPlatform({ tenants, ...over });
  await platform.accept(ofAcme(1));
  await platform.accept(ofGlobex(2));
  const [unreadable] = machinesOf(platform, acme);
  const [sound] = machinesOf(platform, globex);
  corrupt(platform, unreadable!);
  return { platform, unreadable: unreadable!, sound: sound! };
}
