/**
 * What machines may reach, as rules of their security group. A security group can only allow. If nothing else blocks the
 * private ranges, every public range is listed.
 */
import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { publicRanges } from '../../config/address-range.ts';
import { portRange } from '../../config/check-network.ts';
import type { EgressRule } from '../../config/network-config.ts';

export interface GroupOptions {
  readonly vpc: IVpc;
  readonly egress: readonly EgressRule[];
  /** Whether a network ACL blocks the private ranges. */
  readonly hasAcl: boolean;
}

/** No inbound traffic, and no outbound IPv6. */
export function createRunnerGroup(scope: Construct, { vpc, egress, hasAcl }: GroupOptions): SecurityGroup {
  const isOpen = hasAcl && egress.some(({ to, protocol }) => to === 'internet' && protocol === undefined);
  const group = new SecurityGroup(scope, 'Runners', {
    vpc,
    // It stays as it was first deployed: a new description makes a new group, and other stacks import this one's id.
    description: 'Runners reach out; nothing reaches in',
    allowAllOutbound: isOpen,
  });
  if (isOpen) return group;
  const internet = hasAcl ? ['0.0.0.0/0'] : publicRanges();
  for (const rule of egress) {
    const ranges = rule.to === 'internet' ? internet : [rule.to];
    const description = rule.to === 'internet' ? 'The internet' : 'As configured';
    for (const range of ranges) group.addEgressRule(Peer.ipv4(range), portOf(rule), description);
  }
  return group;
}

function portOf({ protocol, ports }: EgressRule): Port {
  if (protocol === undefined) return Port.allTraffic();
  const [from, to] = portRange(ports ?? [0, 65_535]);
  return protocol === 'tcp' ? Port.tcpRange(from, to) : Port.udpRange(from, to);
}
