/** What an operator may configure for the machines' network, and how each invalid setting is reported. */
import { describe, expect, it } from '@jest/globals';
import { assertConfig, checkConfig } from '../../lib/config/check-config.ts';
import { configWith, defaultConfig } from './configurations.ts';

const existing = {
  vpcId: 'vpc-0123456789abcdef0',
  subnets: [{ id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' }],
};
const https = { to: 'internet', protocol: 'tcp', ports: 443 };

function faultsOf(network: unknown): readonly string[] {
  const outcome = checkConfig(configWith({ network }));
  return outcome.ok ? [] : outcome.faults;
}

describe('the network', () => {
  it("is by default a VPC of Mayfly's own in two zones, without NAT gateways", () => {
    expect(assertConfig(defaultConfig).network).toEqual({
      kind: 'own',
      cidr: '10.0.0.0/16',
      zones: 2,
      natGateways: 0,
      egress: [{ to: 'internet' }],
    });
  });

  it.each([
    [true, 3, 3],
    [1, 3, 1],
    [false, 2, 0],
  ])('with nat %p in %i zones has %i gateways', (nat, zones, natGateways) => {
    expect(assertConfig(configWith({ network: { nat, zones } })).network).toMatchObject({ natGateways });
  });

  it('may be an existing one, in which machines are kept from private ranges', () => {
    const { network } = assertConfig(configWith({ network: existing }));
    expect(network).toEqual({
      kind: 'existing',
      ...existing,
      networkAcl: true,
      egress: [{ to: 'internet' }],
    });
  });

  it.each([
    [[], 'network is []'],
    [{ zones: 7 }, 'network.zones is 7; it must be a whole number from 1 to 6'],
    [
      { zones: 2, nat: 3 },
      'network.nat is 3; it must be true (one gateway in each zone), false, or a number',
    ],
    [
      { cidr: '10.0.0.0/28' },
      'network.cidr is "10.0.0.0/28"; it must be a private IPv4 range from /16 to /24',
    ],
    [{ cidr: '8.0.0.0/16' }, 'network.cidr is "8.0.0.0/16"'],
    [{ cidr: '169.254.0.0/16' }, 'network.cidr is "169.254.0.0/16"'],
    [{ subnets: existing.subnets }, 'network (without vpcId) has no setting "subnets"'],
    [{ ...existing, nat: true }, 'network (with vpcId) has no setting "nat"'],
    [{ ...existing, vpcId: 'my-vpc' }, 'network.vpcId is "my-vpc"; it must be an id such as "vpc-'],
    [{ vpcId: existing.vpcId }, 'network.subnets is undefined; it must be a list of 1 to 6 subnets'],
    [{ ...existing, subnets: [{ id: 'subnet-0123456789abcdef0' }] }, 'network.subnets[0].zone is undefined'],
    [
      { ...existing, subnets: [{ id: 'subnet-0123456789abcdef0', zone: 'eu-west-1a' }] },
      'network.subnets[0].zone is "eu-west-1a"; it must be an availability zone of "us-east-1" by name',
    ],
    [{ ...existing, subnets: [existing.subnets[0], existing.subnets[0]] }, 'names a subnet twice'],
    [{ ...existing, subnets: ['subnet-0123456789abcdef0'] }, 'it must be an object with id and zone'],
    [{ ...existing, networkAcl: 'acl-1' }, 'network.networkAcl is "acl-1"; it must be true, false'],
    [{ ...existing, s3EndpointId: 's3' }, 'network.s3EndpointId is "s3"; it must be an id such as "vpce-'],
  ])('cannot be %j', (network, fault) => {
    expect(faultsOf(network)).toEqual([expect.stringContaining(fault)]);
  });
});

describe('what machines may reach', () => {
  it.each([
    [[https]],
    [[{ to: 'internet' }, { to: '10.20.0.0/16', protocol: 'tcp', ports: [8000, 8080] }]],
    [[{ to: 'internet', protocol: 'tcp' }, { to: '100.64.0.0/10' }]],
  ])('may be %j', (egress) => {
    expect(faultsOf({ egress })).toEqual([]);
  });

  it.each([
    ['none', 'network.egress is "none"; it must be a list of rules'],
    [[], 'network.egress does not allow TCP 443 to "internet"'],
    [[{ to: 'internet', protocol: 'udp' }], 'does not allow TCP 443'],
    [[https, { to: '10.0.0.1/8' }], 'network.egress[1].to is "10.0.0.1/8"; it must be "internet" or a range'],
    [[https, { to: '8.8.8.0/24' }], 'network.egress[1].to is "8.8.8.0/24"'],
    [[{ to: 'internet', ports: 443 }], 'network.egress[0].ports is 443; it must be a port or [first, last]'],
    [[https, { to: '10.0.0.0/8', protocol: 'icmp' }], 'network.egress[1].protocol is "icmp"'],
    [[https, { to: '10.0.0.0/8', protocol: 'tcp', ports: [9, 8] }], 'network.egress[1].ports is [9,8]'],
    [[{ ...https, ports: [443] }], 'network.egress[0].ports is [443]'],
    [[https, { ...https, ports: [1, 9, 8] }], 'network.egress[1].ports is [1,9,8]'],
    [[{ ...https, ports: '443' }], 'network.egress[0].ports is "443"'],
    [[{ to: '10.20.0.0/16', protocol: 'tcp', ports: 443 }], 'egress does not allow TCP 443 to "internet"'],
    [['internet'], 'network.egress[0] is "internet"; it must be an object such as'],
    [
      [https, ...Array.from({ length: 13 }, (_, n) => ({ to: `10.${n}.0.0/16` }))],
      'network.egress has 13 private ranges; 12 fit in a network ACL',
    ],
  ])('cannot be %j', (egress, fault) => {
    expect(faultsOf({ egress })).toEqual([expect.stringContaining(fault)]);
  });

  it('is limited by the number of rules in a security group, if no ACL blocks the private ranges', () => {
    const egress = [https, { ...https, ports: 80 }];
    expect(faultsOf({ ...existing, egress })).toEqual([]);
    expect(faultsOf({ ...existing, networkAcl: false, egress })).toEqual([
      expect.stringMatching(/needs \d+ security group rules; AWS allows 60/),
    ]);
    // A private range takes one rule, and the internet one for each public range.
    const private443 = { to: '10.20.0.0/16', protocol: 'tcp', ports: 443 };
    expect(faultsOf({ ...existing, networkAcl: false, egress: [https, private443] })).toEqual([]);
  });
});
