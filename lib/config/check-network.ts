/**
 * The rules for the machines' network. They keep it within AWS's default quotas (rules of a security group and of a
 * network ACL, sizes of subnets), and keep open what machines cannot do without: TCP 443 to the internet.
 */
import {
  contains,
  isAddressRange,
  isPrivateRange,
  prefixOf,
  privateRanges,
  publicRanges,
} from './address-range.ts';
import {
  expect,
  expectKnownKeys,
  expectText,
  expectWhole,
  isRecord,
  literally,
  shown,
  textOf,
} from './faults.ts';
import type {
  EgressRule,
  ExistingNetworkConfig,
  ExistingSubnetConfig,
  NetworkConfig,
  OwnNetworkConfig,
} from './network-config.ts';

export type CheckedNetwork = OwnNetwork | ExistingNetwork;

export interface OwnNetwork {
  readonly kind: 'own';
  readonly cidr: string;
  readonly zones: number;
  /** 0: machines have public addresses. */
  readonly natGateways: number;
  readonly egress: readonly EgressRule[];
}

export interface ExistingNetwork {
  readonly kind: 'existing';
  readonly vpcId: string;
  readonly subnets: readonly ExistingSubnetConfig[];
  readonly networkAcl: boolean;
  readonly s3EndpointId?: string;
  readonly egress: readonly EgressRule[];
}

/**
 * The range is cut into 16 pieces: public subnets for six zones and as many private ones keep their places whatever is
 * chosen. More subnets of an existing network would not fit into a function's environment beside thirty queue URLs.
 */
export const mostZones = 6;
/**
 * Rules of a security group in one direction. Source:
 * https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
 */
const mostGroupRules = 60;
/** An ACL has at most 20 rules in each direction; five close the private ranges, and three let answers in. */
const mostPrivateRules = 12;

const toTheInternet: readonly EgressRule[] = [{ to: 'internet' }];

export function networkFaults(network: unknown, region: unknown): string[] {
  if (network === undefined) return [];
  if (!isRecord(network)) return [`network is ${shown(network)}; it must be an object, or left out.`];
  const own = 'vpcId' in network ? existingFaults(network, region) : ownFaults(network);
  return [...own, ...egressFaults(network)];
}

function ownFaults(network: Readonly<Record<string, unknown>>): string[] {
  const { cidr, zones = 2, nat } = network;
  const faults = expectWhole('network.zones', zones, { from: 1, to: mostZones });
  return [
    ...expectKnownKeys('network (without vpcId)', network, ['cidr', 'zones', 'nat', 'egress']),
    ...expect('network.cidr', cidr, {
      fits: cidr === undefined || (isAddressRange(cidr) && isPrivateRange(cidr) && sized(cidr)),
      allowed: 'a private IPv4 range from /16 to /24, such as "10.0.0.0/16", or left out',
    }),
    ...faults,
    ...(nat === undefined || typeof nat === 'boolean' || faults.length > 0
      ? []
      : expect('network.nat', nat, {
          fits: Number.isInteger(nat) && Number(nat) >= 1 && Number(nat) <= Number(zones),
          allowed: `true (one gateway in each zone), false, or a number of gateways from 1 to ${zones}, the zones`,
        })),
  ];
}

const sized = (cidr: string) =>
  prefixOf(cidr) >= 16 && prefixOf(cidr) <= 24 && !contains('169.254.0.0/16', cidr);

function existingFaults(network: Readonly<Record<string, unknown>>, region: unknown): string[] {
  const { networkAcl, s3EndpointId } = network;
  return [
    ...expectKnownKeys('network (with vpcId)', network, [
      'vpcId',
      'subnets',
      'networkAcl',
      's3EndpointId',
      'egress',
    ]),
    ...expectText('network.vpcId', network['vpcId'], idRule('vpc')),
    ...subnetFaults(network['subnets'], region),
    ...expect('network.networkAcl', networkAcl, {
      fits: networkAcl === undefined || typeof networkAcl === 'boolean',
      allowed: 'true, false, or left out',
    }),
    ...(s3EndpointId === undefined ? [] : expectText('network.s3EndpointId', s3EndpointId, idRule('vpce'))),
  ];
}

function subnetFaults(subnets: unknown, region: unknown): string[] {
  if (!Array.isArray(subnets) || subnets.length < 1 || subnets.length > mostZones) {
    return [
      `network.subnets is ${shown(subnets)}; it must be a list of 1 to ${mostZones} subnets, each with id and zone.`,
    ];
  }
  const ids = subnets.map((subnet) => (isRecord(subnet) ? subnet['id'] : undefined));
  return [
    ...subnets.flatMap((subnet, n) => {
      const name = `network.subnets[${n}]`;
      if (!isRecord(subnet)) return [`${name} is ${shown(subnet)}; it must be an object with id and zone.`];
      return [
        ...expectKnownKeys(name, subnet, ['id', 'zone']),
        ...expectText(`${name}.id`, subnet['id'], idRule('subnet')),
        ...expect(`${name}.zone`, subnet['zone'], {
          fits: typeof subnet['zone'] === 'string' && zonePattern(region).test(subnet['zone']),
          allowed: `an availability zone of ${shown(region)} by name, such as ${shown(`${textOf(region)}a`)}`,
        }),
      ];
    }),
    ...(new Set(ids).size < ids.length ? ['network.subnets names a subnet twice; name each once.'] : []),
  ];
}

/** `us-east-1a`, and local zones such as `us-west-2-lax-1a`. */
const zonePattern = (region: unknown) => new RegExp(`^${literally(region)}(?:-[a-z]{3}-\\d)?[a-z]$`);

const idRule = (kind: string) => ({
  pattern: new RegExp(`^${kind}-[0-9a-f]{8,17}$`),
  allowed: `an id such as "${kind}-0123456789abcdef0"`,
});

function egressFaults(network: Readonly<Record<string, unknown>>): string[] {
  const { egress, networkAcl } = network;
  if (egress === undefined) return [];
  if (!Array.isArray(egress)) {
    return [
      `network.egress is ${shown(egress)}; it must be a list of rules such as { to: "internet" }, or left out.`,
    ];
  }
  const faults = egress.flatMap((rule, n) => ruleFaults(`network.egress[${n}]`, rule));
  if (faults.length > 0) return faults;
  const rules = egress as EgressRule[];
  const count = groupRuleCount(rules, networkAcl !== false);
  const privateRules = rules.filter(({ to }) => to !== 'internet').length;
  return [
    ...(rules.some(opensHttps) ? [] : [httpsFault]),
    ...(count > mostGroupRules
      ? [
          `network.egress needs ${count} security group rules; AWS allows ${mostGroupRules}. Merge rules, or set networkAcl to true.`,
        ]
      : []),
    ...(privateRules > mostPrivateRules
      ? [
          `network.egress has ${privateRules} private ranges; ${mostPrivateRules} fit in a network ACL. Merge them.`,
        ]
      : []),
  ];
}

const httpsFault =
  'network.egress does not allow TCP 443 to "internet": machines could reach neither the claim function nor GitHub. ' +
  'Add { to: "internet", protocol: "tcp", ports: 443 }.';

const opensHttps = ({ to, protocol, ports = [1, 65_535] }: EgressRule) => {
  const [from, last] = portRange(ports);
  return to === 'internet' && protocol !== 'udp' && from <= 443 && last >= 443;
};

/** Without an ACL that closes the private ranges, the rules must list the public ranges one by one. */
const groupRuleCount = (rules: readonly EgressRule[], hasAcl: boolean) =>
  rules.reduce((sum, { to }) => sum + (to === 'internet' && !hasAcl ? publicRanges().length : 1), 0);

function ruleFaults(name: string, rule: unknown): string[] {
  if (!isRecord(rule)) return [`${name} is ${shown(rule)}; it must be an object such as { to: "internet" }.`];
  const { to, protocol, ports } = rule;
  return [
    ...expectKnownKeys(name, rule, ['to', 'protocol', 'ports']),
    ...expect(`${name}.to`, to, {
      fits: to === 'internet' || (isAddressRange(to) && isPrivateRange(to)),
      allowed: `"internet" or a range within ${privateRanges.join(', ')}, such as "10.20.0.0/16"`,
    }),
    ...expect(`${name}.protocol`, protocol, {
      fits: protocol === undefined || protocol === 'tcp' || protocol === 'udp',
      allowed: '"tcp", "udp", or left out',
    }),
    ...expect(`${name}.ports`, ports, {
      fits: ports === undefined || (protocol !== undefined && isPortRange(ports)),
      allowed: 'a port or [first, last], from 1 to 65535, and only with a protocol, or left out',
    }),
  ];
}

export const portRange = (ports: number | readonly [number, number]): readonly [number, number] =>
  typeof ports === 'number' ? [ports, ports] : ports;

function isPortRange(ports: unknown): boolean {
  const range = typeof ports === 'number' ? [ports, ports] : ports;
  return (
    Array.isArray(range) &&
    range.length === 2 &&
    range.every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535) &&
    range[0] <= range[1]
  );
}

/** Fills in defaults. The configuration must be valid. */
export function checkedNetwork(network: NetworkConfig = {}): CheckedNetwork {
  const egress = network.egress ?? toTheInternet;
  if ('vpcId' in network) return { kind: 'existing', ...existing(network), egress };
  const zones = network.zones ?? 2;
  const natGateways = network.nat === true ? zones : Number(network.nat ?? 0);
  return { kind: 'own', cidr: network.cidr ?? '10.0.0.0/16', zones, natGateways, egress };
}

const existing = ({ vpcId, subnets, networkAcl = true, s3EndpointId }: ExistingNetworkConfig) => ({
  vpcId,
  subnets,
  networkAcl,
  ...(s3EndpointId === undefined ? {} : { s3EndpointId }),
});

export type { OwnNetworkConfig };
