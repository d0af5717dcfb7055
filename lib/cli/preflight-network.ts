/**
 * What the account must have for the configured network: room for one more VPC and for the addresses of NAT gateways,
 * or the existing subnets as configured. Resources of this deployment count as its own. Read-only.
 */
import {
  DescribeAddressesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Subnet,
  type Tag,
} from '@aws-sdk/client-ec2';
import type { ExistingNetwork, OwnNetwork } from '../config/check-network.ts';
import { tagKeys } from '../core/tags.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import type { Quota } from './preflight-families.ts';
import { type Finding, finding, quotas } from './preflight-rules.ts';

export async function judgeOwnNetwork(
  ec2: EC2Client,
  readQuota: (quota: Quota) => Promise<number>,
  { network, environment }: { readonly network: OwnNetwork; readonly environment: string },
): Promise<Finding[]> {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  const vpcs = { used: others(Vpcs, environment), more: 1 };
  const findings = [fits(quotas.vpcs, await readQuota(quotas.vpcs), vpcs)];
  if (network.natGateways === 0) return findings;
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const addresses = { used: others(Addresses, environment), more: network.natGateways };
  return [...findings, fits(quotas.addresses, await readQuota(quotas.addresses), addresses)];
}

/** Zone names in alphabetical order. Local zones do not count: Mayfly's own VPC does not use them. */
export async function readZones(ec2: EC2Client): Promise<string[]> {
  const Filters = [{ Name: 'zone-type', Values: ['availability-zone'] }];
  const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({ Filters }));
  return AvailabilityZones.map(({ ZoneName = '' }) => ZoneName).sort();
}

/** A line if the region has fewer zones than configured: the deploy would fail at the first subnet without a zone. */
export const judgeZones = (found: readonly string[], { zones }: OwnNetwork): string[] =>
  found.length >= zones
    ? []
    : [`The region has ${found.length} availability zones; network.zones is ${zones}.`];

/** Counts resources that do not belong to this deployment. */
const others = (all: readonly { Tags?: Tag[] | undefined }[], environment: string) =>
  all.filter(
    ({ Tags = [] }) => !Tags.some(({ Key, Value }) => Key === tagKeys.environment && Value === environment),
  ).length;

const fits = (quota: Quota, has: number, { used, more }: { used: number; more: number }): Finding =>
  finding(quota, has, { needs: used + more, wants: used + more });

/** A line for each subnet that differs from the configuration, or has too few free addresses. */
export async function judgeSubnets(ec2: EC2Client, network: ExistingNetwork): Promise<string[]> {
  const SubnetIds = network.subnets.map(({ id }) => id);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds })).catch((cause: Error) => {
    throw usageErrorUnlessFault(cause, `Not all of the configured subnets can be read: ${cause.message}`);
  });
  const found = new Map(Subnets.map((subnet) => [subnet.SubnetId, subnet]));
  return network.subnets.flatMap(({ id, zone }) =>
    subnetFaults(found.get(id), { id, zone, vpcId: network.vpcId }),
  );
}

function subnetFaults(
  subnet: Subnet | undefined,
  configured: { readonly id: string; readonly zone: string; readonly vpcId: string },
): string[] {
  if (!subnet) return [`${configured.id} does not exist in this region.`];
  const { VpcId, AvailabilityZone, AvailableIpAddressCount: free = 0 } = subnet;
  return [
    ...(VpcId === configured.vpcId ? [] : [`${configured.id} is in ${VpcId}, not in ${configured.vpcId}.`]),
    ...(AvailabilityZone === configured.zone
      ? []
      : [`${configured.id} is in ${AvailabilityZone}, not in ${configured.zone}.`]),
    ...(free > 0 ? [] : [`${configured.id} has no free address for a machine.`]),
  ];
}
