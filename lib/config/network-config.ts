/**
 * Where machines run, as the operator writes it: in a network of Mayfly's own, or in subnets of an existing one. Nothing
 * is looked up in the account, so the configuration must describe an existing network completely.
 */
export type NetworkConfig = OwnNetworkConfig | ExistingNetworkConfig;

/**
 * The default: a new VPC with public subnets, a public address for each machine, and nothing that costs money while idle.
 */
export interface OwnNetworkConfig {
  /** The VPC's IPv4 range, /16 to /24, private. Default: 10.0.0.0/16, with room for 4,091 machines in each zone. */
  readonly cidr?: string;
  /**
   * Number of availability zones, 1 to 6, in the order in which AWS lists them. Default: 2. It may grow later, but not
   * shrink.
   */
  readonly zones?: number;
  /**
   * Machines in private subnets behind NAT gateways. true: one in each zone; a number: this many for all zones together.
   * Each costs about $33 a month and $0.045 for each GB, and all tenants' machines share its address: limits by address
   * (Docker Hub's) and allow lists count all of them together. Default: false, a public address for each machine.
   */
  readonly nat?: boolean | number;
  /** What machines may reach. Default: the internet, that is every public IPv4 address and no private one. */
  readonly egress?: readonly EgressRule[];
}

/** Existing subnets with their own way to the internet: an internet gateway and public addresses, or NAT. */
export interface ExistingNetworkConfig {
  readonly vpcId: string;
  readonly subnets: readonly ExistingSubnetConfig[];
  /**
   * Gives these subnets a network ACL of Mayfly's own, in place of theirs, that blocks private ranges; nothing else
   * should run in them. false: they keep their ACL, and only the machines' security group blocks private ranges. Default:
   * true.
   */
  readonly networkAcl?: boolean;
  /** The id of the VPC's gateway endpoint for S3, if it has one. */
  readonly s3EndpointId?: string;
  /** As in a network of Mayfly's own. */
  readonly egress?: readonly EgressRule[];
}

export interface ExistingSubnetConfig {
  readonly id: string;
  /** Its availability zone by name, such as `us-east-1a`. Launches prefer and avoid zones by it. */
  readonly zone: string;
}

/** A range that machines may reach, by every protocol or by some ports of one. Everything else is closed. */
export interface EgressRule {
  /** `internet`: every public IPv4 address. Or a private IPv4 range such as `10.20.0.0/16`. */
  readonly to: string;
  /** Default: every protocol. */
  readonly protocol?: 'tcp' | 'udp';
  /** One port, or the first and last port of a range. Requires a protocol. Default: every port. */
  readonly ports?: number | readonly [number, number];
}
