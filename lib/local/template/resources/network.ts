/**
 * The network. The laptop's machines are processes that share its network, so most of it has no effect; what matters is
 * that subnets exist in their zones, and that all references resolve.
 */
import { createHash } from 'node:crypto';
import { type Registry, type ResourceType, type Understood, withoutEffect } from '../resource-type.ts';

/** A resource that only has to exist, under an id of its kind. */
function inert(
  prefix: string,
  properties: readonly string[],
  attributes: readonly string[] = ['Id'],
): ResourceType {
  const known: Record<string, Understood> = { Tags: withoutEffect.tags };
  for (const property of properties) known[property] = withoutEffect.network;
  return {
    properties: known,
    attributes,
    create({ stack, logicalId }) {
      const id = identifier(prefix, stack, logicalId);
      return { ref: id, attributes: Object.fromEntries(attributes.map((attribute) => [attribute, id])) };
    },
  };
}

/** `subnet-` and the like, with 17 hexadecimal digits that are the same at each start. */
export function identifier(prefix: string, stack: string, logicalId: string): string {
  return `${prefix}-${createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 17)}`;
}

export const networkTypes: Registry = {
  'AWS::EC2::VPC': inert(
    'vpc',
    ['CidrBlock', 'EnableDnsHostnames', 'EnableDnsSupport', 'InstanceTenancy'],
    ['VpcId', 'DefaultSecurityGroup'],
  ),
  'AWS::EC2::Subnet': {
    properties: {
      AvailabilityZone: true,
      VpcId: true,
      CidrBlock: withoutEffect.network,
      MapPublicIpOnLaunch: withoutEffect.network,
      Tags: withoutEffect.tags,
    },
    attributes: ['SubnetId', 'AvailabilityZone'],
    create({ stack, logicalId, properties }, cloud) {
      const id = identifier('subnet', stack, logicalId);
      const availabilityZone = String(properties['AvailabilityZone'] ?? cloud.availabilityZones[0]);
      cloud.machines.addSubnet({ id, vpcId: String(properties['VpcId']), availabilityZone });
      return { ref: id, attributes: { SubnetId: id, AvailabilityZone: availabilityZone } };
    },
  },
  'AWS::EC2::RouteTable': inert('rtb', ['VpcId'], ['RouteTableId']),
  'AWS::EC2::SubnetRouteTableAssociation': {
    properties: { RouteTableId: true, SubnetId: true },
    attributes: ['Id'],
    create({ stack, logicalId, properties }, cloud) {
      const id = identifier('rtbassoc', stack, logicalId);
      cloud.machines.associateRouteTable(String(properties['SubnetId']), String(properties['RouteTableId']));
      return { ref: id, attributes: { Id: id } };
    },
  },
  'AWS::EC2::Route': inert('route', ['RouteTableId', 'DestinationCidrBlock', 'GatewayId', 'NatGatewayId']),
  'AWS::EC2::InternetGateway': inert('igw', [], ['InternetGatewayId']),
  'AWS::EC2::VPCGatewayAttachment': inert('attachment', ['VpcId', 'InternetGatewayId']),
  'AWS::EC2::EIP': inert('eipalloc', ['Domain'], ['AllocationId', 'PublicIp']),
  'AWS::EC2::NatGateway': inert('nat', ['AllocationId', 'SubnetId'], ['NatGatewayId']),
  'AWS::EC2::NetworkAcl': inert('acl', ['VpcId']),
  'AWS::EC2::NetworkAclEntry': inert('aclentry', [
    'NetworkAclId',
    'Egress',
    'RuleNumber',
    'RuleAction',
    'Protocol',
    'CidrBlock',
    'PortRange',
    'Icmp',
  ]),
  'AWS::EC2::SubnetNetworkAclAssociation': inert('aclassoc', ['NetworkAclId', 'SubnetId'], ['AssociationId']),
  'AWS::EC2::VPCEndpoint': {
    properties: {
      ServiceName: true,
      VpcEndpointType: true,
      RouteTableIds: true,
      VpcId: withoutEffect.network,
      Tags: withoutEffect.tags,
    },
    attributes: ['Id'],
    create({ stack, logicalId, properties }, cloud) {
      const type: unknown = properties['VpcEndpointType'];
      if (type !== 'Gateway') throw new Error(`VpcEndpointType is ${type}; known here is Gateway.`);
      const id = identifier('vpce', stack, logicalId);
      const service = String(properties['ServiceName']);
      const routeTableIds = (properties['RouteTableIds'] ?? []) as string[];
      cloud.machines.addGatewayEndpoint({ id, service, routeTableIds });
      return { ref: id, attributes: { Id: id } };
    },
  },
  'AWS::EC2::SecurityGroup': inert(
    'sg',
    ['GroupName', 'GroupDescription', 'VpcId', 'SecurityGroupEgress', 'SecurityGroupIngress'],
    ['GroupId', 'VpcId'],
  ),
  'AWS::EC2::SecurityGroupIngress': inert('sgr', ['GroupId', 'IpProtocol', 'CidrIp', 'FromPort', 'ToPort']),
  'AWS::EC2::SecurityGroupEgress': inert('sgr', ['GroupId', 'IpProtocol', 'CidrIp', 'FromPort', 'ToPort']),
};
