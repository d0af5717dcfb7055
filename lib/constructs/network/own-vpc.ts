/**
 * A VPC of Mayfly's own. By default it has public subnets without a NAT gateway: a public IPv4 address costs half a cent
 * an hour, and no two tenants' machines share one. Each subnet keeps its range whatever settings change later, so
 * none is ever replaced.
 */
import { GatewayVpcEndpointAwsService, IpAddresses, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Fn } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { prefixOf } from '../../config/address-range.ts';
import { mostZones, type OwnNetwork } from '../../config/check-network.ts';
import type { RunnerNetwork } from './runner-network.ts';

export function createOwnVpc(scope: Construct, environment: string, network: OwnNetwork): RunnerNetwork {
  const { cidr, zones, natGateways } = network;
  // Sixteen pieces: the public subnets of all possible zones, then the private ones.
  const cidrMask = prefixOf(cidr) + 4;
  const vpc = new Vpc(scope, 'Vpc', {
    vpcName: environment,
    ipAddresses: IpAddresses.cidr(cidr),
    availabilityZones: Array.from({ length: zones }, (_, n) => Fn.select(n, Fn.getAzs())),
    reservedAzs: mostZones - zones,
    natGateways,
    subnetConfiguration: [
      { name: 'runners', subnetType: SubnetType.PUBLIC, cidrMask, mapPublicIpOnLaunch: true },
      ...(natGateways > 0 ? [{ name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask }] : []),
    ],
    restrictDefaultSecurityGroup: false,
  });
  // It is free, and its traffic avoids the charges of a NAT gateway.
  const { vpcEndpointId } = vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
  return {
    vpc: vpc as IVpc,
    subnets: natGateways > 0 ? vpc.privateSubnets : vpc.publicSubnets,
    publicSubnets: vpc.publicSubnets,
    s3EndpointId: vpcEndpointId,
  };
}
