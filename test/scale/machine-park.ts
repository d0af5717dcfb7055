/**
 * EC2 and the machines of the simulated day: a fleet call starts what it asks for, a machine boots, claims, runs its job
 * and ends. It keeps the count of each tenant's live machines by itself, which is what the limits are held against.
 */
import { InstallationId, InstanceId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type { Compute } from '../../lib/ports/compute.ts';

export interface Machine {
  readonly instanceId: InstanceId;
  readonly installationId: InstallationId;
  readonly ticket: string;
  isLive: boolean;
}

export interface MachinePark {
  readonly compute: Pick<Compute, 'launch' | 'terminate' | 'findByLaunch' | 'describe'>;
  readonly machines: ReadonlyMap<InstanceId, Machine>;
  liveOf(installationId: InstallationId): number;
  /** CreateFleet calls, and the most of them within one second. */
  calls(): { total: number; busiestSecond: number };
  mostLive(): number;
  mostLiveOf(installationId: InstallationId): number;
  forget(instanceId: InstanceId): void;
}

export function createMachinePark(world: {
  now: () => number;
  onStart: (machine: Machine) => void;
}): MachinePark {
  const machines = new Map<InstanceId, Machine>();
  const live = new Map<InstallationId, number>();
  const most = new Map<InstallationId, number>();
  let made = 0;
  let total = 0;
  let mostLive = 0;
  let liveNow = 0;
  let second = { at: 0, calls: 0 };
  let busiestSecond = 0;

  const count = (installationId: InstallationId, change: 1 | -1) => {
    const now = (live.get(installationId) ?? 0) + change;
    live.set(installationId, now);
    most.set(installationId, Math.max(now, most.get(installationId) ?? 0));
    liveNow += change;
    mostLive = Math.max(mostLive, liveNow);
  };
  const compute: MachinePark['compute'] = {
    async launch(request) {
      const at = Math.floor(world.now() / 1000);
      second = at === second.at ? { at, calls: second.calls + 1 } : { at, calls: 1 };
      busiestSecond = Math.max(busiestSecond, second.calls);
      total += 1;
      const tags = request.TagSpecifications.find(({ ResourceType }) => ResourceType === 'instance')!.Tags;
      const tag = (name: string) => tags.find(({ Key }) => Key === name)!.Value;
      const started = Array.from({ length: request.TargetCapacitySpecification.TotalTargetCapacity }, () => ({
        instanceId: InstanceId(`i-${(++made).toString(16).padStart(17, '0')}`),
        installationId: InstallationId(Number(tag(tagKeys.tenant))),
        ticket: tag(tagKeys.ticket),
        isLive: true,
      }));
      for (const machine of started) {
        machines.set(machine.instanceId, machine);
        count(machine.installationId, 1);
        world.onStart(machine);
      }
      const instances = started.map(({ instanceId }) => ({
        instanceId,
        instanceType: 't3.medium',
        spot: false,
      }));
      return { kind: 'answered', instances, failures: [] };
    },
    findByLaunch: async () => [],
    // A sweep may look at a machine in the moment in which its job ends.
    describe: async (instanceIds) =>
      instanceIds.flatMap((instanceId) => {
        const machine = machines.get(instanceId);
        return machine ? [{ instanceId, state: machine.isLive ? 'running' : 'terminated' }] : [];
      }),
    async terminate(instanceIds) {
      const known = instanceIds.filter((id) => machines.has(id));
      for (const machine of known.map((id) => machines.get(id)!)) {
        if (machine.isLive) count(machine.installationId, -1);
        machine.isLive = false;
      }
      return { accepted: known, unknown: instanceIds.filter((id) => !machines.has(id)) };
    },
  };
  return {
    compute,
    machines,
    liveOf: (installationId) => live.get(installationId) ?? 0,
    calls: () => ({ total, busiestSecond }),
    mostLive: () => mostLive,
    mostLiveOf: (installationId) => most.get(installationId) ?? 0,
    forget: (instanceId) => void machines.delete(instanceId),
  };
}
