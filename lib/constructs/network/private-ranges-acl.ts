/**
 * A network ACL that keeps machines away from private ranges except those that the configuration opens: other networks
 * behind peerings, VPNs and transit gateways. ACLs are stateless, so it allows return traffic; the security group
 * blocks all other inbound traffic. Queries to the VPC's resolver and to the metadata service never pass an ACL.
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
 */
import { CfnNetworkAcl, CfnNetworkAclEntry, CfnSubnetNetworkAclAssociation } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { privateRanges } from '../../config/address-range.ts';
import { portRange } from '../../config/check-network.ts';
import type { EgressRule } from '../../config/network-config.ts';
import type { RunnerSubnet } from './runner-network.ts';

export interface AclOptions {
  readonly environment: string;
  readonly vpcId: string;
  readonly subnets: readonly RunnerSubnet[];
  readonly egress: readonly EgressRule[];
}

/** IANA's protocol numbers; -1 is every protocol. */
const protocols = { every: -1, icmp: 1, tcp: 6, udp: 17 } as const;
const internet = '0.0.0.0/0';

interface Entry {
  readonly range: string;
  readonly action: 'allow' | 'deny';
  readonly protocol: number;
  readonly ports?: readonly [number, number];
}

export function keepFromPrivateRanges(scope: Construct, options: AclOptions): void {
  const within = new Construct(scope, 'PrivateRangesAcl');
  const tags = [{ key: 'Name', value: `${options.environment}-runners` }];
  const acl = new CfnNetworkAcl(within, 'Acl', { vpcId: options.vpcId, tags });
  const open = options.egress.filter(({ to }) => to !== 'internet');
  const closed: Entry[] = privateRanges.map((range) => ({
    range,
    action: 'deny',
    protocol: protocols.every,
  }));
  addEntries(within, acl, 'Out', [
    ...open.map(outward),
    ...closed,
    // The security group decides which ports of the internet are open.
    { range: internet, action: 'allow', protocol: protocols.every },
  ]);
  addEntries(within, acl, 'In', [
    ...[...new Set(open.map(({ to }) => to))].map(openTo),
    ...closed,
    ...answersFrom(internet),
  ]);
  options.subnets.forEach(({ subnetId }, n) => {
    new CfnSubnetNetworkAclAssociation(within, `Subnet${n + 1}`, { networkAclId: acl.ref, subnetId });
  });
}

function outward({ to, protocol, ports }: EgressRule): Entry {
  if (protocol === undefined) return openTo(to);
  return {
    range: to,
    action: 'allow',
    protocol: protocols[protocol],
    ports: portRange(ports ?? [0, 65_535]),
  };
}

const openTo = (range: string): Entry => ({ range, action: 'allow', protocol: protocols.every });

/** Connections leave from ephemeral ports; routers answer by ICMP. */
const answersFrom = (range: string): Entry[] => [
  { range, action: 'allow', protocol: protocols.tcp, ports: [1024, 65_535] },
  { range, action: 'allow', protocol: protocols.udp, ports: [1024, 65_535] },
  { range, action: 'allow', protocol: protocols.icmp },
];

/** In this order: the first matching entry decides. */
function addEntries(
  scope: Construct,
  acl: CfnNetworkAcl,
  way: 'In' | 'Out',
  entries: readonly Entry[],
): void {
  entries.forEach(({ range, action, protocol, ports }, n) => {
    new CfnNetworkAclEntry(scope, `${way}${n + 1}`, {
      networkAclId: acl.ref,
      egress: way === 'Out',
      ruleNumber: 100 * (n + 1),
      ruleAction: action,
      protocol,
      cidrBlock: range,
      ...(ports ? { portRange: { from: ports[0], to: ports[1] } } : {}),
      ...(protocol === protocols.icmp ? { icmp: { type: -1, code: -1 } } : {}),
    });
  });
}
