/**
 * Where machines run: subnets, a security group that lets nothing in and only the configured destinations out, and a
 * network ACL that keeps machines away from private ranges. In a new VPC, or in subnets of an existing one.
 */
import { type SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Tags } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CheckedNetwork, ExistingNetwork } from '../../config/check-network.ts';
import { createRunnerGroup } from './egress.ts';
import { createOwnVpc } from './own-vpc.ts';
import { keepFromPrivateRanges } from './private-ranges-acl.ts';
import type { RunnerNetwork, RunnerSubnet } from './runner-network.ts';

export interface NetworkProps {
  readonly environment: string;
  readonly network: CheckedNetwork;
}

export class Network extends Construct {
  readonly vpcId: string;
  /** The subnets that machines are launched in. */
  readonly subnets: readonly RunnerSubnet[];
  /** For a new VPC: whether machines are launched in this subnet, or only NAT gateways. */
  readonly publicSubnets: readonly RunnerSubnet[];
  readonly securityGroup: SecurityGroup;
  /** The gateway endpoint through which machines reach S3. Undefined if an existing VPC has none. */
  readonly s3EndpointId: string | undefined;

  constructor(scope: Construct, id: string, { environment, network }: NetworkProps) {
    super(scope, id);
    const place =
      network.kind === 'own' ? createOwnVpc(this, environment, network) : existingPlace(this, network);
    this.vpcId = place.vpc.vpcId;
    this.subnets = place.subnets;
    this.publicSubnets = place.publicSubnets;
    this.s3EndpointId = place.s3EndpointId;
    const { egress } = network;
    const hasAcl = network.kind === 'own' || network.networkAcl;
    this.securityGroup = createRunnerGroup(this, { vpc: place.vpc, egress, hasAcl });
    Tags.of(this.securityGroup).add('Name', `${environment}-runners`);
    if (hasAcl) {
      const { vpcId, subnets } = this;
      keepFromPrivateRanges(this, { environment, vpcId, subnets, egress });
    }
  }
}

/** Nothing is looked up: the configuration describes it. */
function existingPlace(scope: Construct, { vpcId, subnets, s3EndpointId }: ExistingNetwork): RunnerNetwork {
  const availabilityZones = [...new Set(subnets.map(({ zone }) => zone))];
  return {
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones }),
    subnets: subnets.map(({ id, zone }) => ({ subnetId: id, availabilityZone: zone })),
    publicSubnets: [],
    s3EndpointId,
  };
}
