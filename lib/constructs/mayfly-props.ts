/**
 * What `new Mayfly(…)` may be told: all that the configuration file may say, with a default for nearly everything, and
 * what a CDK app has at hand. It is checked by the same rules, all at once.
 */
import { Stack, Token } from 'aws-cdk-lib';
import type { IGatewayVpcEndpoint, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { assertConfig, type CheckedConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import { defaultLimits, defaultTiers } from '../config/defaults.ts';
import type { Limits } from '../contract/deployment.ts';
import { keyArnOf, keyFaults } from './mayfly-key.ts';
import { networkOf, vpcFaults } from './mayfly-network.ts';

/** Each setting without a docstring here has that of MayflyConfig, and its default. */
export interface MayflyProps extends Partial<Omit<MayflyConfig, 'limits'>> {
  /**
   * Prefix of every name (`my-saas` → table `my-saas-tenants`), 1 to 24 characters. It has no default: a change of it is
   * another platform, with empty tables.
   */
  readonly environment: string;
  /** Default: that of the stack. Needed where the stack does not know it, and no other than the stack's. */
  readonly region?: string;
  /** Default: `github.com`. */
  readonly githubHost?: string;
  /** Default: small (t3.medium, 2 a tenant), medium (t3.large, 5), large (t3.xlarge, 10), all of them x64. */
  readonly tiers?: MayflyConfig['tiers'];
  /** Default: the first tier. */
  readonly defaultTier?: string;
  /** Default: `open`: whoever installs the App is a tenant at once. */
  readonly onboarding?: MayflyConfig['onboarding'];
  /** Each on its own. Defaults: boot 600, idle 300, job 21600 (6 hours), wait 86400 (a day). */
  readonly limits?: Partial<Limits>;
  /** A VPC of the app, for the machines. Its network ACLs stay as they are. Default: a VPC of Mayfly's own. */
  readonly vpc?: IVpc;
  /** Where in that VPC. Default: its private subnets with a way to the internet, or else its public ones. */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * That VPC's gateway endpoint for S3, through which machines read the runner program. Default: none, and each machine
   * asks GitHub for it, which GitHub allows 60 times an hour for each address.
   */
  readonly s3Endpoint?: IGatewayVpcEndpoint;
  /** A key of the app for all that is kept, in place of AWS's keys. Default: as `kmsKeyArn` says. */
  readonly encryptionKey?: IKey;
  /** Alarms, a dashboard and saved queries in the same stack. Default: true. */
  readonly observability?: boolean;
  /** Where alarms speak to. Default: a topic of their own. */
  readonly alarmTopic?: ITopic;
}

/** @throws ConfigurationError that lists all faults */
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
    faults: [...regionFaults(stack, region, settings.region), ...vpcFaults(props), ...keyFaults(props)],
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

/** A setting that is there but undefined is one that is left out. */
const withoutUndefined = (settings: object): object =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
