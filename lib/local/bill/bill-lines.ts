/** What the laptop's machines would be billed for, by day and AWS's usage type, with the tags that they carry. */
import type { CpuCredits } from '../../core/burstable.ts';
import type { Component } from '../../core/price.ts';
import type { Instance } from '../ec2/account.ts';
import { type BillDials, billItems } from './bill-items.ts';

export interface BillLine {
  /** In UTC. */
  readonly day: string;
  readonly usageType: string;
  readonly micros: number;
  readonly tags: ReadonlyMap<string, string>;
}

export interface BillOf {
  readonly region: string;
  readonly dials: BillDials;
  /** Epoch milliseconds: what was used later than the lag before it is on no bill. */
  readonly now: number;
}

export function billLines(instances: readonly Instance[], { region, dials, now }: BillOf): BillLine[] {
  const until = now - dials.lagHours * 3_600_000;
  return instances.flatMap((instance) => {
    const { runningAt, shuttingDownAt = now, instanceType, lifecycle, subnet, template, tags } = instance;
    const endedAt = Math.min(shuttingDownAt, until);
    if (runningAt === undefined || runningAt >= until) return [];
    const { BlockDeviceMappings = [], NetworkInterfaces = [], CreditSpecification } = template.data;
    const disk = BlockDeviceMappings[0]?.Ebs as { VolumeSize?: number } | undefined;
    const network = NetworkInterfaces[0] as { AssociatePublicIpAddress?: boolean } | undefined;
    const cpuCredits = CreditSpecification?.CpuCredits as CpuCredits | undefined;
    const life = {
      ...{ instanceId: instance.instanceId, instanceType, runningAt, endedAt },
      spot: lifecycle === 'spot',
      zone: subnet.availabilityZone,
      takenBack: instance.stateReason?.code === 'Server.SpotInstanceTermination',
      diskGigabytes: disk?.VolumeSize ?? 0,
      publicAddress: network?.AssociatePublicIpAddress ?? false,
      ...(cpuCredits === undefined ? {} : { cpuCredits }),
    };
    return billItems(region, life, dials).map(({ day, component, micros }) => ({
      ...{ day, micros, tags },
      usageType: usageTypes[component](instanceType, lifecycle === 'spot'),
    }));
  });
}

/** As in us-east-1; elsewhere they begin with the region's short name. */
const usageTypes: Readonly<Record<Component, (instanceType: string, spot: boolean) => string>> = {
  compute: (type, spot) => `${spot ? 'SpotUsage' : 'BoxUsage'}:${type}`,
  surplus: (type) => `CPUCredits:${type.split('.')[0]}`,
  disk: () => 'EBS:VolumeUsage.gp3',
  address: () => 'PublicIPv4:InUseAddress',
};
