/**
 * The props of `new Mayfly(…)`: everything that the configuration file may contain, with a default for nearly all of it,
 * and objects of a CDK app. The same rules check both, and report every error at once.
 */
import type { IGatewayVpcEndpoint, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Stack, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { assertConfig, type CheckedConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import { defaultLimits, defaultTiers } from '../config/defaults.ts';
import type { Limits } from '../contract/deployment.ts';
import { keyArnOf, keyFaults } from './mayfly-key.ts';
import { networkOf, vpcFaults } from './mayfly-network.ts';

/** A setting without a docstring here has the one of MayflyConfig, and the same default. */
export interface MayflyProps extends Partial<Omit<MayflyConfig, 'limits'>> {
  /**
   * Prefix of every name (`my-saas` → table `my-saas-tenants`), 1 to 24 characters. It has no default: changing it
   * creates another platform with empty tables.
   */
  readonly environment: string;
  /** Default: the stack's region. Required if the stack does not know its region, and must not differ from it. */
  readonly region?: string;
  /** Default: `github.com`. */
  readonly githubHost?: string;
  /** Default: small (t3.medium, 2 for each tenant), medium (t3.large, 5), large (t3.xlarge, 10), all x64. */
  readonly tiers?: MayflyConfig['tiers'];
  /** Default: the first tier. */
  readonly defaultTier?: string;
  /** Default: `open`: whoever installs the App becomes a tenant at once. */
  readonly onboarding?: MayflyConfig['onboarding'];
  /** Each on its own. Defaults: boot 600, idle 300, job 21600 (6 hours), wait 86400 (a day). */
  readonly limits?: Partial<Limits>;
  /** The app's VPC for the machines. Its network ACLs stay as they are. Default: a VPC of Mayfly's own. */
  readonly vpc?: IVpc;
  /** Subnets of that VPC. Default: its private subnets with a route to the internet, or else its public ones. */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * The VPC's gateway endpoint for S3, through which machines read the runner program. Default: none; each machine
   * downloads it from GitHub, which allows 60 requests an hour from each address.
   */
  readonly s3Endpoint?: IGatewayVpcEndpoint;
  /** The app's key for all stored data, in place of AWS's keys. Default: as `kmsKeyArn` says. */
  readonly encryptionKey?: IKey;
  /** Alarms, a dashboard and saved queries in the same stack. Default: true. */
  readonly observability?: boolean;
  /** The topic that alarms notify. Default: a new topic. */
  readonly alarmTopic?: ITopic;
}

/** @throws ConfigurationError that lists every error */
export function configOf(scope: Construct, props: MayflyProps): CheckedConfig {
  const { observability, alarmTopic, vpc, vpcSubnets, s3Endpoint, encryptionKey, limits, ...given } = props;
  const stack = Stack.of(scope);
  const region = Token.isUnresolved(stack.region) ? undefined : stack.region;
  const settings = withoutUndefined(given) as Partial<MayflyConfig>;
  const tiers = settings.tiers ?? defaultTiers;
  const config = {
    githubHost: 'github.com',
    onboarding: 'open',
    ...(region === undefined ? {} : { region }),
    ...settings,
    tiers,
    defaultTier: settings.defaultTier ?? Object.keys(tiers)[0],
    limits: { ...defaultLimits, ...withoutUndefined(limits ?? {}) },
  } as MayflyConfig;
  const checked = assertConfig(config, {
    where: `the props of Mayfly at ${scope.node.path}`,
    faults: [
      ...regionFaults(stack, region, settings.region),
      ...vpcFaults(props),
      ...keyFaults(stack, props),
    ],
  });
  return { ...checked, ...keyArnOf(props), network: networkOf(props, checked.network) };
}

function regionFaults(stack: Stack, region: string | undefined, given: string | undefined): string[] {
  if (region === undefined && given === undefined) {
    return [`The stack ${stack.stackName} does not know its region; give it env.region, or set region here.`];
  }
  if (region === undefined || given === undefined || region === given) return [];
  return [`region is "${given}"; it must be that of the stack ${stack.stackName}, "${region}", or left out.`];
}

/** A setting that is present but undefined counts as left out. */
const withoutUndefined = (settings: object): object =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
