/**
 * Where the machines are to live, as the operator writes it: in a network of Mayfly's own, or in subnets of an existing
 * one. Nothing is looked up in an account, so an existing network is told in full.
 */
export type NetworkConfig = OwnNetworkConfig | ExistingNetworkConfig;

/** The default: a VPC of its own with public subnets, an address for each machine, and nothing that costs while idle. */
export interface OwnNetworkConfig {
  /** The VPC's IPv4 range, /16 to /24, private. Default: 10.0.0.0/16, which is room for 4,091 machines in each zone. */
  readonly cidr?: string;
  /** Availability zones, 1 to 6: the first of those that AWS lists. Default: 2. It may grow later, not shrink. */
  readonly zones?: number;
  /**
   * Machines in private subnets behind NAT gateways. true: one in each zone; a number: so many for all zones together.
   * Each costs about $33 a month and $0.045 for each GB, and all tenants' machines then share its address: limits by
   * address (Docker Hub's) and allow lists count for all of them at once. Default: false, an address for each machine.
   */
  readonly nat?: boolean | number;
  /** What machines may reach. Default: the internet, which is every public IPv4 address, and no private one. */
  readonly egress?: readonly EgressRule[];
}

/** Subnets that exist, with a way to the internet of their own: an internet gateway and public addresses, or NAT. */
export interface ExistingNetworkConfig {
  readonly vpcId: string;
  readonly subnets: readonly ExistingSubnetConfig[];
  /**
   * A network ACL of Mayfly's own for these subnets, in place of theirs, that keeps machines from private ranges. So
   * nothing else should live in them. false: their ACL stays, and the machines' security group alone keeps them away.
   * Default: true.
   */
  readonly networkAcl?: boolean;
  /** The VPC's gateway endpoint for S3, where it has one. */
  readonly s3EndpointId?: string;
  /** As of a network of Mayfly's own. */
  readonly egress?: readonly EgressRule[];
}

export interface ExistingSubnetConfig {
  readonly id: string;
  /** Its availability zone by name, such as `us-east-1a`: launches prefer and avoid zones by it. */
  readonly zone: string;
}

/** One range that machines may reach, by every protocol or by some ports of one. All else is closed. */
export interface EgressRule {
  /** `internet`: every public IPv4 address. Or a private IPv4 range such as `10.20.0.0/16`. */
  readonly to: string;
  /** Default: every protocol. */
  readonly protocol?: 'tcp' | 'udp';
  /** One port, or the first and the last of a range. Needs a protocol. Default: every port. */
  readonly ports?: number | readonly [number, number];
}
