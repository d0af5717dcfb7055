/** What AWS would bill for the laptop's machines, by day and usage type, with their tags. */
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
  /** As in an export: a machine's or a disk's id, an interface's ARN. */
  readonly resourceId?: string;
  /** What the same usage costs at list price; absent: the same. */
  readonly listMicros?: number;
}

export interface BillOf {
  readonly region: string;
  readonly accountId?: string;
  readonly dials: BillDials;
  /** Epoch milliseconds: usage within the lag before it is not on the bill yet. */
  readonly now: number;
}

export function billLines(
  instances: readonly Instance[],
  { region, accountId = '000000000000', dials, now }: BillOf,
): BillLine[] {
  const until = now - dials.lagHours * 3_600_000;
  return instances.flatMap((instance) => {
    const { runningAt, shuttingDownAt = now, instanceType, lifecycle, subnet, template } = instance;
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
    const { instanceId, tags, volumeTags, interfaceTags } = instance;
    const own = { resourceId: instanceId, tags };
    const resources: Readonly<Record<Component, Pick<BillLine, 'resourceId' | 'tags'>>> = {
      compute: own,
      surplus: own,
      disk: { resourceId: instanceId.replace(/^i-/, 'vol-'), tags: volumeTags },
      // Source: https://aws.amazon.com/blogs/networking-and-content-delivery/identify-and-optimize-public-ipv4-address-usage-on-aws/
      address: {
        resourceId: `arn:aws:ec2:${region}:${accountId}:network-interface/${instanceId.replace(/^i-/, 'eni-')}`,
        tags: interfaceTags,
      },
    };
    return billItems(region, life, dials).map(({ day, component, micros, listMicros }) => ({
      ...{ day, micros, ...resources[component] },
      ...(listMicros === undefined ? {} : { listMicros }),
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
