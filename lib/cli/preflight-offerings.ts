/**
 * Whether EC2 offers the configured instance types where each tier's machines start: a type is often missing in one
 * zone of a region. `mayfly preflight` and `mayfly verify` share this check. Read-only.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html
 */
import {
  type _InstanceType,
  DescribeSubnetsCommand,
  type EC2Client,
  paginateDescribeInstanceTypeOfferings,
} from '@aws-sdk/client-ec2';
import type { CheckedNetwork } from '../config/check-network.ts';
import { chunksOf } from '../core/chunks.ts';
import { tagKeys } from '../core/tags.ts';
import type { Tier } from '../core/tier.ts';

export interface Offerings {
  /** A line for each tier that could not start any machine. */
  readonly closed: readonly string[];
  /** A line for each type that a zone lacks, if its tier still has another type or zone. */
  readonly missing: readonly string[];
}

export interface ZonedSubnet {
  readonly id: string;
  readonly zone: string;
}

interface Question {
  readonly environment: string;
  readonly network: CheckedNetwork;
  readonly tiers: readonly Tier[];
}

export async function judgeOfferings(
  ec2: EC2Client,
  question: Question,
  /** The region's, in alphabetical order: a new network takes the first of them (`Fn::GetAZs`). */
  zones: readonly string[],
): Promise<Offerings> {
  const { network, tiers } = question;
  const subnets = await findSubnets(ec2, question);
  const chosen = network.kind === 'own' ? zones.slice(0, network.zones) : [];
  const everywhere = subnets.length > 0 ? zonesOf(subnets) : chosen;
  const offered = await readOfferings(ec2, [...new Set(tiers.flatMap(({ instanceTypes }) => instanceTypes))]);
  const judged = tiers.map((tier) => {
    const own = subnets.filter(({ id }) => tier.subnetIds?.includes(id));
    return judgeTier(tier, own.length > 0 ? zonesOf(own) : everywhere, offered);
  });
  return {
    closed: judged.flatMap(({ closed }) => closed),
    missing: [...new Set(judged.flatMap(({ missing }) => missing))],
  };
}

/** The configured subnets, or those that the deployment created. Empty: nothing is deployed yet. */
export async function findSubnets(
  ec2: EC2Client,
  { environment, network }: Pick<Question, 'environment' | 'network'>,
): Promise<readonly ZonedSubnet[]> {
  if (network.kind === 'existing') return network.subnets;
  const Filters = [{ Name: `tag:${tagKeys.environment}`, Values: [environment] }];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  return Subnets.map(({ SubnetId = '', AvailabilityZone = '' }) => ({
    id: SubnetId,
    zone: AvailabilityZone,
  }));
}

const zonesOf = (subnets: readonly ZonedSubnet[]) => [...new Set(subnets.map(({ zone }) => zone))];

function judgeTier(
  { name, instanceTypes }: Tier,
  zones: readonly string[],
  offered: ReadonlySet<string>,
): Offerings {
  const pools = instanceTypes.flatMap((type) => zones.map((zone) => ({ type, zone })));
  const absent = pools.filter(({ type, zone }) => !offered.has(pool(type, zone)));
  return pools.length > 0 && absent.length === pools.length
    ? {
        closed: [
          `No machine of ${name} can start: EC2 offers none of ${instanceTypes.join(', ')} in ${zones.join(', ')}.`,
        ],
        missing: [],
      }
    : { closed: [], missing: absent.map(({ type, zone }) => `${type} in ${zone}`) };
}

const pool = (type: string, zone: string) => `${type} ${zone}`;

/** A filter takes 200 values. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const mostValues = 200;

export async function readOfferings(ec2: EC2Client, types: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const some of chunksOf(types, mostValues)) {
    const Values = some as _InstanceType[];
    const pages = paginateDescribeInstanceTypeOfferings(
      { client: ec2 },
      { LocationType: 'availability-zone', Filters: [{ Name: 'instance-type', Values }] },
    );
    for await (const { InstanceTypeOfferings = [] } of pages) {
      for (const { InstanceType, Location } of InstanceTypeOfferings)
        found.add(pool(`${InstanceType}`, `${Location}`));
    }
  }
  return found;
}
