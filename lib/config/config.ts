/**
 * The shape of the configuration file: everything that an operator decides about a deployment. All else is derived from
 * it. It holds no secret, and only `checkConfig` reads it and turns it into what stacks and functions use.
 */
import type { Caps, Limits } from '../contract/deployment.ts';
import type { CpuCredits } from '../core/burstable.ts';
import type { PriceList } from '../core/price-list.ts';
import type { Architecture } from '../core/tier.ts';
import type { NetworkConfig } from './network-config.ts';
import type { RatesConfig } from './rates-config.ts';

export interface MayflyConfig {
  /** Prefix of every name (`my-saas` → table `my-saas-tenants`): several environments may share an account. */
  readonly environment: string;
  readonly region: string;
  /** `github.com`, a data-residency host (`sub.ghe.com`), or the host of a GitHub Enterprise Server. */
  readonly githubHost: string;
  /** The sizes of runner on offer, by name, smallest first. */
  readonly tiers: Readonly<Record<string, TierConfig>>;
  /** The plan of a new tenant, which gives its `max_runners`. */
  readonly defaultTier: string;
  /**
   * open: whoever installs the App becomes a tenant at once. approve: new tenants are `pending` until you set `status` to
   * active.
   */
  readonly onboarding: 'open' | 'approve';
  readonly limits: Limits;
  /** Bounds against runaway use of a public App. Defaults: 1000 waiting jobs and 60 launches a minute per tenant. */
  readonly caps?: Partial<Caps>;
  /**
   * AWS's prices in your region: import the mayfly.prices.json that `mayfly prices update` writes. Default: the list that
   * ships with Mayfly, which is older and has fewer types.
   */
  readonly prices?: PriceList;
  /** What you charge tenants, for `mayfly invoice`. Default: what their machines cost at AWS's list prices. */
  readonly rates?: RatesConfig;
  /**
   * A bucket for the rows of AWS's bill, which `mayfly costs export enable` then asks AWS for. `payerAccount`: the account that
   * pays the bill, if not the one that Mayfly runs in. Default: none.
   */
  readonly costsExport?: { readonly payerAccount?: string };
  /** Where machines run and what they may reach. Default: a new VPC, and the internet. */
  readonly network?: NetworkConfig;
  /**
   * A symmetric KMS key of this region, by ARN: it encrypts tables, queues, secrets, logs, the alarm topic, and machines'
   * disks. Its policy must let AWS's services use it; `mayfly preflight` prints the statements. Default: AWS's own keys.
   */
  readonly kmsKeyArn?: string;
  /** The ARN of a managed policy that becomes the permissions boundary of every role in every stack. Default: none. */
  readonly permissionsBoundaryArn?: string;
  /** How long CloudWatch keeps the functions' logs, in days. Default: 30. */
  readonly logRetentionDays?: number;
  /**
   * Reserved concurrency by function name: copies that no other function can take, and the most that this one gets.
   * Default: none, because a new account has ten copies for all functions and cannot reserve any.
   */
  readonly reservedConcurrency?: Readonly<Record<string, number>>;
  /**
   * The release of GitHub's runner program that machines run, such as "2.337.0". GitHub refuses releases older than about
   * 30 days. Default: the current release, within a quarter of an hour of its publication.
   */
  readonly runnerVersion?: string;
  /** SHA-256 of that release's archive by architecture, 64 hexadecimal digits. Default: what GitHub publishes. */
  readonly runnerSha256?: Readonly<Partial<Record<Architecture, string>>>;
  /** The API that lists releases of actions/runner. Default: https://api.github.com, whatever `githubHost` is. */
  readonly runnerReleasesUrl?: string;
  /**
   * Custom images with the runner program, Docker and git, built by EC2 Image Builder for each new release of the runner.
   * `keep`: how many of each architecture stay, 2 to 100, default 3. Default: none; machines install everything at boot.
   */
  readonly machineImages?: { readonly keep?: number };
  /**
   * The name of the runner group that organization-level runners join unless their tenant's row names another
   * (`runner_group`). Each organization must have a group of this name. Default: GitHub's default group.
   */
  readonly runnerGroup?: string;
  /** How many copies of scale-up may run at once for one tier, 2 to 1000. Default: 5. */
  readonly scaleUpConcurrency?: number;
  /**
   * Who gets an e-mail about alarms, after confirming AWS's own e-mail. Default: nobody; you can subscribe to the topic
   * yourself.
   */
  readonly alarmEmail?: string;
  /** Alarm when the oldest job of a tier has waited for this many minutes, for whatever reason, 5 to 1440. Default: 60. */
  readonly oldestJobMinutes?: number;
  /** Alarm when no usable webhook arrived for this many minutes, 5 to 1440. `false`: no such alarm. Default: 1440, a day. */
  readonly webhookSilenceMinutes?: number | false;
  /** The base URL of GitHub's REST API. Default: follows from `githubHost`. */
  readonly githubApiUrl?: string;
  /** The base URL of GitHub's web pages. Default: follows from `githubHost`. */
  readonly githubWebUrl?: string;
  /**
   * PEM certificates, by region, that may sign instance identity documents, besides those of AWS that ship with Mayfly.
   * For regions that are not included, or whose certificate AWS has changed. Whoever holds such a key can impersonate a
   * machine. Default: none.
   */
  readonly identityCertificates?: Readonly<Record<string, readonly string[]>>;
}

export interface TierConfig {
  /** What `runs-on` asks for. Of any two tiers, each needs a label that the other lacks. */
  readonly labels: readonly string[];
  /** Additional labels of its runners, which jobs may name too. They do not distinguish tiers. Default: none. */
  readonly extraLabels?: readonly string[];
  readonly architecture: Architecture;
  /** EC2 instance types of that architecture, in order of preference. */
  readonly instanceTypes: readonly string[];
  /** How many machines of this tier one tenant may have at once, 1 to 1000. A plan that includes the tier may give more. */
  readonly maxRunners: number;
  /** Only linux so far, which is the default. */
  readonly os?: 'linux';
  /** Try spot machines first, and on-demand ones where spot has no capacity. Default: false. */
  readonly spot?: boolean;
  /**
   * How many machines of this tier all tenants may have together, 1 to 5000; waiting tenants share them. Default: no
   * limit.
   */
  readonly capOverAllTenants?: number;
  /** The ids of the `network.subnets` that its machines may run in. Default: all of them. */
  readonly subnetIds?: readonly string[];
  /**
   * An AMI's id, or `resolve:ssm:/path` of an SSM parameter with the data type `aws:ec2:image`, which must exist before
   * the deploy. Default: Canonical's Ubuntu 24.04.
   */
  readonly image?: string;
  /** The device name of the image's root disk. Default: `/dev/sda1`, as in Ubuntu; Amazon Linux uses `/dev/xvda`. */
  readonly rootDevice?: string;
  /** The size of the machine's only disk in GB, at least the image's. Default: 30. */
  readonly diskGigabytes?: number;
  /** I/O operations a second, 3000 to 80000, at most 500 per GB. Default: 3000, which costs nothing extra. */
  readonly diskIops?: number;
  /** MiB a second, 125 to 2000 and at most a quarter of `diskIops`. Default: 125, which costs nothing extra. */
  readonly diskThroughputMegabytes?: number;
  /**
   * MiB a second, 100 to 300, at which EC2 fills a new disk from its image, so that first reads are fast sooner. AWS
   * charges for each GB of the image's snapshot at each launch. Default: EC2 decides, without a charge.
   */
  readonly diskInitializationMegabytes?: number;
  /**
   * For burstable types (T3, T4g): `unlimited` charges for processor use above the baseline, `standard` slows the machine
   * down to it. Allowed only if all types of the tier are burstable. Default: EC2's, which is unlimited for all but T2.
   */
  readonly cpuCredits?: CpuCredits;
  /**
   * true: the job's user cannot become root, so Docker works only if your image has a rootless one. Default: false: the
   * user can use Docker where the image has it, and so can become root on its own machine. Jobs never start as root.
   */
  readonly rootless?: boolean;
  /**
   * A shell script that runs as root at each boot before the runner is claimed, under `set -euo pipefail`; at most 2560
   * bytes. No secrets: whoever may read launch templates can read it, and so can a job. If it fails, the machine powers
   * off.
   */
  readonly extraUserData?: string;
  /**
   * An IAM role for the machines. EVERY JOB OF EVERY TENANT on this tier MAY DO WHATEVER IT ALLOWS: a job that becomes
   * root can read its credentials. Default: none; machines have no AWS permissions at all.
   */
  readonly instanceRoleArn?: string;
}
