/**
 * The app's own VPC as the machines' network. Other things run in it, so its network ACLs stay as they are: only the
 * machines' security group keeps them away from private addresses.
 */
import { type IGatewayVpcEndpoint, type IVpc, type SubnetSelection, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { CheckedNetwork } from '../config/check-network.ts';
import type { NetworkConfig } from '../config/network-config.ts';

export interface VpcChoice {
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly s3Endpoint?: IGatewayVpcEndpoint;
  readonly network?: NetworkConfig;
}

/** A VPC has its own ranges, zones and gateways; the only choice left is what machines may reach. */
export function vpcFaults({ vpc, vpcSubnets, s3Endpoint, network }: VpcChoice): string[] {
  if (!vpc) return withoutVpc({ vpcSubnets, s3Endpoint });
  const others = Object.keys(network ?? {}).filter((name) => name !== 'egress');
  const selected = selectedFrom(vpc, vpcSubnets);
  if ('fault' in selected) return [selected.fault];
  const { subnets } = selected;
  const closed = subnets.filter((subnet) => vpc.isolatedSubnets.includes(subnet));
  return [
    ...(subnets.some(({ subnetId }) => subnetId.startsWith(listToken))
      ? [
          'vpc has a list of subnets that only the deploy knows; give each subnet its own id, or use Vpc.fromLookup().',
        ]
      : []),
    ...(others.length > 0
      ? [
          `network has ${others.join(', ')} in addition to vpc; with a vpc of your own, only network.egress can be set.`,
        ]
      : []),
    ...(closed.length > 0
      ? [
          `vpcSubnets includes ${closed.map(({ node }) => node.path).join(', ')}, which have no route to the internet; ` +
            'machines must reach GitHub. Choose public subnets, or private ones with egress.',
        ]
      : []),
  ];
}

/** What CDK calls an entry of a list that is a parameter, for example. Such a list cannot be split at synth. */
const listToken = '#{Token[';

function selectedFrom(vpc: IVpc, selection: SubnetSelection | undefined) {
  try {
    return { subnets: chosen(vpc, selection) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return selection === undefined
      ? { fault: 'vpc has no public subnets, nor private ones with egress; machines must reach GitHub.' }
      : { fault: `vpcSubnets selects no subnets of vpc: ${why}` };
  }
}

const withoutVpc = (given: Readonly<Record<string, unknown>>) =>
  Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `${name} is given without vpc; give both, or neither.`);

/** As the configuration would describe it as an existing network. */
export function networkOf(
  { vpc, vpcSubnets, s3Endpoint }: VpcChoice,
  checked: CheckedNetwork,
): CheckedNetwork {
  if (!vpc) return checked;
  const subnets = chosen(vpc, vpcSubnets).map(({ subnetId, availabilityZone }) => ({
    id: subnetId,
    zone: availabilityZone,
  }));
  return {
    kind: 'existing',
    vpcId: vpc.vpcId,
    subnets,
    networkAcl: false,
    ...(s3Endpoint ? { s3EndpointId: s3Endpoint.vpcEndpointId } : {}),
    egress: checked.egress,
  };
}

function chosen(vpc: IVpc, selection: SubnetSelection | undefined) {
  const subnetType = vpc.privateSubnets.length > 0 ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PUBLIC;
  return vpc.selectSubnets(selection ?? { subnetType }).subnets;
}
