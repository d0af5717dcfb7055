/** What must hold for the machines' network, whatever is chosen: no way in, no way to private ranges, nothing replaced. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { contains, isPrivateRange, privateRanges } from '../../lib/config/address-range.ts';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { type Resource, type Synthesized, synthesized } from './assembly.ts';

const existing = {
  vpcId: 'vpc-0123456789abcdef0',
  subnets: [
    { id: 'subnet-0aaaaaaaaaaaaaaaa', zone: 'us-east-1a' },
    { id: 'subnet-0bbbbbbbbbbbbbbbb', zone: 'us-east-1c' },
  ],
};
const private443 = { to: '10.20.0.0/16', protocol: 'tcp', ports: 443 };
const opened = { ...existing, egress: [{ to: 'internet', protocol: 'tcp' }, private443] };
const configOf = (network?: object) => (network ? configWith({ network }) : defaultConfig);
const apps = new Map<string, Synthesized>();
const appWith = (network?: object): Synthesized => {
  const key = JSON.stringify(network ?? null);
  const app = apps.get(key) ?? synthesized(configOf(network));
  apps.set(key, app);
  return app;
};
afterAll(() => {
  for (const app of apps.values()) app.dispose();
});

interface AclEntry {
  readonly Egress: boolean;
  readonly RuleNumber: number;
  readonly RuleAction: string;
  readonly Protocol: number;
  readonly CidrBlock: string;
  readonly PortRange?: { readonly From: number; readonly To: number };
}

/** What an ACL says of a packet: its lowest entry that fits. */
function verdictOf(app: Synthesized, packet: { egress: boolean; address: string; port: number }): string {
  const entries: AclEntry[] = app
    .resources('AWS::EC2::NetworkAclEntry')
    .map(({ Properties }) => Properties)
    .sort((left, right) => left.RuleNumber - right.RuleNumber);
  const first = entries.find(
    ({ Egress, Protocol, CidrBlock, PortRange = { From: 0, To: 65_535 } }) =>
      Egress === packet.egress &&
      [-1, 6].includes(Protocol) &&
      contains(CidrBlock, `${packet.address}/32`) &&
      PortRange.From <= packet.port &&
      packet.port <= PortRange.To,
  );
  return first?.RuleAction ?? 'deny';
}

const egressOf = (app: Synthesized): { CidrIp: string; IpProtocol: string }[] =>
  app.resources('AWS::EC2::SecurityGroup')[0]!.Properties.SecurityGroupEgress;
const subnetsInAcl = (app: Synthesized) =>
  app.resources('AWS::EC2::SubnetNetworkAclAssociation').map(({ Properties }) => Properties.SubnetId);

describe('every network', () => {
  it.each([
    ['of its own', undefined],
    ['behind NAT gateways', { nat: true }],
    ['that exists', existing],
    ['that exists, with its own ACL', { ...existing, networkAcl: false }],
  ])('%s allows no inbound traffic, and no outbound IPv6', (_, network) => {
    const [group, ...others] = appWith(network).resources('AWS::EC2::SecurityGroup');
    expect(others).toEqual([]);
    expect(group!.Properties.SecurityGroupIngress).toBeUndefined();
    expect(appWith(network).resources('AWS::EC2::SecurityGroupIngress')).toEqual([]);
    expect(JSON.stringify(group!.Properties.SecurityGroupEgress)).not.toContain('Ipv6');
  });

  it.each([
    ['of its own', undefined],
    ['behind NAT gateways', { nat: true }],
    ['that exists', existing],
  ])('%s keeps only its machines from private ranges, with an ACL', (_, network) => {
    const app = appWith(network);
    for (const address of ['10.0.0.9', '172.31.4.4', '192.168.1.1', '100.100.0.1', '169.254.1.1']) {
      expect(verdictOf(app, { egress: true, address, port: 443 })).toBe('deny');
      expect(verdictOf(app, { egress: false, address, port: 40_000 })).toBe('deny');
    }
    expect(verdictOf(app, { egress: true, address: '140.82.112.3', port: 443 })).toBe('allow');
    expect(verdictOf(app, { egress: false, address: '140.82.112.3', port: 40_000 })).toBe('allow');
    expect(verdictOf(app, { egress: false, address: '140.82.112.3', port: 22 })).toBe('deny');
  });

  it('with its existing ACL lists all public ranges in the security group, within its quota', () => {
    const rules = egressOf(appWith({ ...existing, networkAcl: false }));
    expect(appWith({ ...existing, networkAcl: false }).resources('AWS::EC2::NetworkAcl')).toEqual([]);
    expect(rules.length).toBeLessThanOrEqual(60);
    expect(rules.some(({ CidrIp }) => contains(CidrIp, '140.82.112.3/32'))).toBe(true);
    const reached = rules.filter(({ CidrIp }) =>
      privateRanges.some((range) => contains(CidrIp, range) || contains(range, CidrIp)),
    );
    expect(reached).toEqual([]);
  });

  it('opens a configured private range, at its ports, with return traffic', () => {
    const app = appWith(opened);
    expect(egressOf(app)).toMatchObject([
      { CidrIp: '0.0.0.0/0', IpProtocol: 'tcp' },
      { CidrIp: '10.20.0.0/16', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    ]);
    const address = '10.20.1.1';
    expect(verdictOf(app, { egress: true, address, port: 443 })).toBe('allow');
    expect(verdictOf(app, { egress: true, address, port: 22 })).toBe('deny');
    expect(verdictOf(app, { egress: false, address, port: 40_000 })).toBe('allow');
    expect(verdictOf(app, { egress: true, address: '10.21.1.1', port: 443 })).toBe('deny');
  });
});

describe('a network of its own', () => {
  const subnetsNamed = (app: Synthesized, word: string) =>
    app.resources('AWS::EC2::Subnet').filter(({ id }) => id.includes(word));

  it('has a public address for each machine and no NAT gateway, in two zones', () => {
    const subnets = appWith().resources('AWS::EC2::Subnet');
    expect(subnets.map(({ Properties }) => Properties.MapPublicIpOnLaunch)).toEqual([true, true]);
    expect(appWith().resources('AWS::EC2::NatGateway')).toEqual([]);
    expect(appWith().resources('AWS::EC2::EIP')).toEqual([]);
    expect(subnetsInAcl(appWith())).toEqual(subnets.map(({ id }) => ({ Ref: id })));
  });

  it('reaches S3 without NAT gateways, through an endpoint of every route table', () => {
    const app = appWith({ nat: true });
    const [endpoint] = app.resources('AWS::EC2::VPCEndpoint');
    expect(JSON.stringify(endpoint!.Properties.ServiceName)).toContain('.s3');
    expect(endpoint!.Properties.RouteTableIds).toHaveLength(app.resources('AWS::EC2::RouteTable').length);
  });

  it('puts machines in private subnets if NAT gateways are configured', () => {
    const app = appWith({ nat: true });
    const hidden = subnetsNamed(app, 'private');
    expect(hidden.map(({ Properties }) => Properties.MapPublicIpOnLaunch)).toEqual([false, false]);
    expect(app.resources('AWS::EC2::NatGateway')).toHaveLength(2);
    expect(subnetsInAcl(app)).toEqual(hidden.map(({ id }) => ({ Ref: id })));
    const told = app.resources('AWS::Lambda::Function').map(({ Properties }) => Properties.Environment);
    const machines = JSON.stringify(told.filter(({ Variables }) => Variables.SUBNETS));
    expect(machines).toContain('privateSubnet1');
    expect(machines).not.toContain('runnersSubnet1');
  });

  it('sends private subnets through NAT gateways, and public ones out directly', () => {
    const app = appWith({ nat: true });
    const routes = app.resources('AWS::EC2::Route').map(({ Properties }) => Properties);
    const wayOf = (subnet: Resource) => {
      const [own] = app
        .resources('AWS::EC2::SubnetRouteTableAssociation')
        .filter(({ Properties }) => Properties.SubnetId.Ref === subnet.id);
      const found = routes.filter(
        ({ RouteTableId }) => RouteTableId.Ref === own!.Properties.RouteTableId.Ref,
      );
      return found.map(({ GatewayId, NatGatewayId }) => [
        GatewayId !== undefined,
        NatGatewayId !== undefined,
      ]);
    };
    for (const each of nonEmpty(subnetsNamed(app, 'private'))) expect(wayOf(each)).toEqual([[false, true]]);
    for (const each of nonEmpty(subnetsNamed(app, 'runners'))) expect(wayOf(each)).toEqual([[true, false]]);
  });

  it('resolves names, without which machines find neither GitHub nor S3', () => {
    const [vpc] = appWith().resources('AWS::EC2::VPC');
    expect(vpc!.Properties).toMatchObject({ EnableDnsSupport: true, EnableDnsHostnames: true });
  });

  it('shares one NAT gateway between zones if one is configured', () => {
    const app = appWith({ nat: 1, zones: 3 });
    expect(app.resources('AWS::EC2::NatGateway')).toHaveLength(1);
    expect(subnetsNamed(app, 'private')).toHaveLength(3);
  });

  it('keeps each subnet and its range when zones or NAT gateways are added later', () => {
    const rangesOf = (app: Synthesized) =>
      new Map(app.resources('AWS::EC2::Subnet').map(({ id, Properties }) => [id, Properties.CidrBlock]));
    const later = rangesOf(appWith({ nat: true, zones: 6 }));
    expect([...later].length).toBe(12);
    for (const network of [undefined, { nat: true }, { nat: 1, zones: 3 }]) {
      for (const [id, range] of nonEmpty(rangesOf(appWith(network)))) expect(later.get(id)).toBe(range);
    }
  });

  it('exports its public subnets even if no machine is in them, so that machines can move', () => {
    const exported = (app: Synthesized) =>
      Object.keys(app.outputs('network')).filter((name) => name.includes('runnersSubnet'));
    expect(exported(appWith({ nat: true }))).toEqual(exported(appWith()));
  });
});

describe('an existing network', () => {
  it('gets nothing but a security group and an ACL for its subnets', () => {
    const app = appWith(existing);
    const types = new Set(app.resources(undefined, 'network').map(({ Type }) => Type));
    expect([...types].sort()).toEqual([
      'AWS::EC2::NetworkAcl',
      'AWS::EC2::NetworkAclEntry',
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SubnetNetworkAclAssociation',
    ]);
    expect(subnetsInAcl(app)).toEqual(existing.subnets.map(({ id }) => id));
    const SUBNETS = 'subnet-0aaaaaaaaaaaaaaaa=us-east-1a,subnet-0bbbbbbbbbbbbbbbb=us-east-1c';
    const scaleUp = app
      .resources('AWS::Lambda::Function')
      .find(({ Properties }) => Properties.FunctionName === 'my-saas-scale-up')!;
    expect(scaleUp.Properties.Environment.Variables).toMatchObject({ SUBNETS });
  });

  it("has ACL entries within AWS's quota: twenty each way, each private range closed", () => {
    const entries = appWith(existing)
      .resources('AWS::EC2::NetworkAclEntry')
      .map(({ Properties }) => Properties);
    for (const egress of [true, false]) {
      const ofWay = entries.filter(({ Egress }) => Egress === egress);
      expect(ofWay.length).toBeLessThanOrEqual(20);
      const denied = ofWay
        .filter(({ RuleAction }) => RuleAction === 'deny')
        .map(({ CidrBlock }) => CidrBlock);
      expect(denied).toEqual([...privateRanges]);
      expect(nonEmpty(denied).every(isPrivateRange)).toBe(true);
    }
  });
});
