/**
 * How many machines of a kind may start now, by the dials for pools and quotas, and why no more, in CreateFleet's codes.
 * It counts; it starts nothing.
 */
import { type Instance, isLive, type Lifecycle } from './account.ts';
import type { Ec2Dials } from './dials.ts';

export interface MachineKind {
  readonly lifecycle: Lifecycle;
  readonly instanceType: string;
  readonly availabilityZone: string;
}

export interface Shortage {
  readonly errorCode: string;
  readonly errorMessage: string;
}

export interface Room {
  readonly count: number;
  /** Why there is room for fewer than requested. */
  readonly shortage?: Shortage;
}

export function roomFor(
  dials: Ec2Dials,
  instances: Iterable<Instance>,
  kind: MachineKind,
  wanted: number,
): Room {
  const quota = quotaRoom(dials, instances, kind);
  const pool = fittingPools(dials, kind).sort((left, right) => left.available - right.available)[0];
  if (pool && pool.available < Math.min(wanted, quota)) {
    return { count: pool.available, shortage: dryPool(kind, pool.code) };
  }
  if (quota < wanted) return { count: quota, shortage: overQuota(kind.lifecycle) };
  return { count: wanted };
}

/** Takes the started machines out of their pools. */
export function useCapacity(dials: Ec2Dials, kind: MachineKind, count: number): void {
  for (const pool of fittingPools(dials, kind)) pool.available -= count;
}

function fittingPools(dials: Ec2Dials, kind: MachineKind) {
  const names = [
    '*',
    kind.instanceType,
    `${kind.lifecycle}:${kind.instanceType}`,
    `${kind.lifecycle}:${kind.instanceType}:${kind.availabilityZone}`,
  ];
  return dials.capacity.filter((entry) => names.includes(entry.pool));
}

function quotaRoom(dials: Ec2Dials, instances: Iterable<Instance>, kind: MachineKind): number {
  const quota = dials.quotas[kind.lifecycle];
  if (quota === null) return Number.POSITIVE_INFINITY;
  let used = 0;
  for (const instance of instances) {
    if (isLive(instance) && instance.lifecycle === kind.lifecycle) used += virtualCpus(instance.instanceType);
  }
  return Math.max(0, Math.floor((quota - used) / virtualCpus(kind.instanceType)));
}

/** By the size in the type's name: right for the general families (t3, m5, c6i, …), close enough for the others. */
export function virtualCpus(instanceType: string): number {
  const size = instanceType.split('.')[1] ?? '';
  const multiple = /^(\d+)xlarge$/.exec(size);
  if (multiple) return 4 * Number(multiple[1]);
  return size === 'xlarge' ? 4 : 2;
}

const dryPool = (kind: MachineKind, code = 'InsufficientInstanceCapacity'): Shortage => ({
  errorCode: code,
  errorMessage:
    kind.lifecycle === 'spot'
      ? 'There is no Spot capacity available that matches your request.'
      : `We currently do not have sufficient ${kind.instanceType} capacity in the Availability ` +
        `Zone you requested (${kind.availabilityZone}).`,
});

const overQuota = (lifecycle: Lifecycle): Shortage =>
  lifecycle === 'spot'
    ? { errorCode: 'MaxSpotInstanceCountExceeded', errorMessage: 'Max spot instance count exceeded' }
    : {
        errorCode: 'VcpuLimitExceeded',
        errorMessage:
          'You have requested more vCPU capacity than your current vCPU limit allows for the instance ' +
          'bucket that the specified instance type belongs to.',
      };
