/**
 * EC2's side of the log: machines that start when a launch takes effect, that EC2 may not show for a while, that
 * end by themselves or on request, and whose events are best effort. The fake's own state remains the truth.
 */
import { terminate } from '../../../lib/adapters/ec2/terminate.ts';
import type { InstanceId } from '../../../lib/core/ids.ts';
import type { MemoryMachine } from '../../fakes/compute.ts';
import type { WorldDeps } from './context.ts';
import { forgetfulEc2 } from './forgotten-ids.ts';
import type { Undying } from './undying.ts';

export interface Ec2 {
  isLive(instanceId: InstanceId): boolean;
  /** It powers off, crashes, or its spot capacity is reclaimed. */
  end(instanceId: InstanceId, why: string): void;
  /** EC2 interrupts a spot machine, and charges nothing if that is in the machine's first hour. */
  reclaim(instanceId: InstanceId): void;
  /** Announces the interruption of a spot machine. */
  warn(instanceId: InstanceId): void;
  onStart(listener: (machine: MemoryMachine) => void): void;
  onEnd(listener: (instanceId: InstanceId) => void): void;
}

/**
 * EC2 may not show a new machine for minutes, and forgets an ended one: usually in less than an hour.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 */
const longestHiddenSeconds = 1_500;
const forgottenAfterSeconds = [60, 600, 3_600] as const;

export function createEc2(deps: WorldDeps, undying?: Undying): Ec2 {
  const { random, scheduler, faults, log, auditor } = deps;
  const { compute } = deps.ports;
  const starting: ((machine: MemoryMachine) => void)[] = [];
  const ending: ((instanceId: InstanceId) => void)[] = [];
  const launch = compute.launch.bind(compute);
  const client = forgetfulEc2(compute.machines, compute.terminate.bind(compute));
  const isLive = (instanceId: InstanceId) => {
    const state = compute.machines.get(instanceId)?.state;
    return state === 'pending' || state === 'running';
  };

  compute.launch = async (request) => {
    const before = compute.machines.size;
    const { launchCalls } = auditor.ledger;
    launchCalls.set(request.ClientToken, (launchCalls.get(request.ClientToken) ?? 0) + 1);
    if (faults.strikes('dryPool'))
      dryPools(deps, request.TargetCapacitySpecification.DefaultTargetCapacityType);
    const answer = await launch(request);
    compute.dials.pools.clear();
    for (const machine of [...compute.machines.values()].slice(before)) start(machine);
    return answer;
  };

  compute.terminate = async (instanceIds) => {
    const live = instanceIds.filter(isLive);
    undying?.assertEnds(live);
    const answer = await terminate(client, instanceIds);
    for (const id of live.filter((id) => answer.accepted.includes(id)))
      ended(id, 'terminated by the platform', 'platform');
    return answer;
  };

  function start(machine: MemoryMachine) {
    machine.state = 'running';
    log.add(() => `machine ${machine.instanceId} starts`);
    auditor.machineStarted(machine);
    if (faults.strikes('hidden')) {
      machine.hidden = true;
      auditor.machineForgotten(machine.instanceId);
      scheduler.after(random.between(2, longestHiddenSeconds) * 1000, () => {
        machine.hidden = false;
      });
    }
    for (const listener of starting) listener(machine);
  }

  function ended(instanceId: InstanceId, why: string, by: 'platform' | 'world' = 'world') {
    log.add(() => `machine ${instanceId} ends: ${why}`);
    auditor.machineEnded(instanceId, by);
    if (!deps.endsSilently?.(instanceId)) {
      logState(deps, instanceId, 'shutting-down');
      logState(deps, instanceId, 'terminated');
    }
    scheduler.after(random.pick(forgottenAfterSeconds) * 1000, () => {
      compute.machines.get(instanceId)!.hidden = true;
      auditor.machineForgotten(instanceId);
    });
    for (const listener of ending) listener(instanceId);
  }

  return {
    isLive,
    end(instanceId, why) {
      if (!isLive(instanceId) || undying?.clings(instanceId)) return;
      compute.setState(instanceId, 'terminated');
      ended(instanceId, why);
    },
    reclaim(instanceId) {
      if (!isLive(instanceId) || undying?.clings(instanceId)) return;
      compute.setState(instanceId, 'terminated');
      compute.machines.get(instanceId)!.takenBack = true;
      auditor.machineReclaimed(instanceId);
      ended(instanceId, 'EC2 took it back');
    },
    warn: (instanceId) =>
      tell(deps, 'EC2 Spot Instance Interruption Warning', {
        'instance-id': instanceId,
        'instance-action': 'terminate',
      }),
    onStart: (listener) => void starting.push(listener),
    onEnd: (listener) => void ending.push(listener),
  };
}

/** This many machines are left of each type; often none. */
function dryPools({ deployment, ports, random }: WorldDeps, market: string): void {
  for (const tier of deployment.tiers) {
    for (const type of tier.instanceTypes)
      ports.compute.dials.pools.set(`${type}:${market}`, random.between(0, 1));
  }
}

const logState = (deps: WorldDeps, instanceId: InstanceId, state: string) =>
  tell(deps, 'EC2 Instance State-change Notification', { 'instance-id': instanceId, state });

/** Events are best effort. */
function tell({ faults, plane, random, scheduler }: WorldDeps, what: string, detail: object): void {
  if (faults.strikes('eventLost')) return;
  const late = faults.strikes('eventLate') ? random.between(5_000, 300_000) : random.between(100, 2_000);
  scheduler.after(late, () => plane.toLifecycle({ 'detail-type': what, detail }));
}
