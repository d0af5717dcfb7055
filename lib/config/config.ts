/**
 * The one configuration file's shape: all that an operator decides about a deployment. Everything else is derived.
 * It holds no secret, and nothing reads it but `checkConfig`, which turns it into what stacks and functions use.
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
  /** The plan of a new tenant: gives its `max_runners`. */
  readonly defaultTier: string;
  /** open: whoever installs the App is a tenant at once. approve: `pending` until you set `status` to active. */
  readonly onboarding: 'open' | 'approve';
  readonly limits: Limits;
  /** Bounds against runaway use of a public App. Defaults: 1000 waiting jobs and 60 launches a minute per tenant. */
  readonly caps?: Partial<Caps>;
  /**
   * AWS's prices in your region, as `mayfly prices update` writes them to mayfly.prices.json: import that file. Default: the list
   * that comes with Mayfly, which is older and has fewer types.
   */
  readonly prices?: PriceList;
  /** What you charge tenants, for `mayfly invoice`. Default: what their machines cost at AWS's list prices. */
  readonly rates?: RatesConfig;
  /** Where machines live, and what they may reach. Default: a VPC of Mayfly's own, and the internet. */
  readonly network?: NetworkConfig;
  /**
   * A symmetric KMS key of this region, by ARN: it encrypts tables, queues, secrets, logs, the alarm topic, and machines'
   * disks. Its policy must let AWS's services use it; `mayfly preflight` prints the statements. Default: AWS's own keys.
   */
  readonly kmsKeyArn?: string;
  /** A managed policy, by ARN, that bounds every role of every stack. Default: none. */
  readonly permissionsBoundaryArn?: string;
  /** How long CloudWatch keeps the functions' logs, in days. Default: 30. */
  readonly logRetentionDays?: number;
  /**
   * Copies of a function that nobody else can take, by its name, and more than which it never has. Default: none, since a
   * new account has ten for all functions and lets none be set aside.
   */
  readonly reservedConcurrency?: Readonly<Record<string, number>>;
  /**
   * The one release of GitHub's runner program that machines run, such as "2.337.0". GitHub refuses old ones after about
   * 30 days. Default: the current release, within a quarter of an hour.
   */
  readonly runnerVersion?: string;
  /** SHA-256 of that release's archive by architecture, 64 hexadecimal digits. Default: what GitHub says that it is. */
  readonly runnerSha256?: Readonly<Partial<Record<Architecture, string>>>;
  /** The address of the API that lists releases of actions/runner. Default: https://api.github.com, whatever `githubHost` is. */
  readonly runnerReleasesUrl?: string;
  /**
   * Images of your own, with the runner program, Docker and git in them, made by EC2 Image Builder and made anew for each
   * release. `keep`: how many of each architecture stay, 2 to 100, default 3. Default: none; machines install at boot.
   */
  readonly machineImages?: { readonly keep?: number };
  /**
   * The runner group, by name, that organization-level runners join where their tenant's row names none (`runner_group`).
   * Each organization must have one of that name. Default: GitHub's default group.
   */
  readonly runnerGroup?: string;
  /** How many copies of scale-up may run at once for one tier, 2 to 1000. Default: 5. */
  readonly scaleUpConcurrency?: number;
  /** Who gets an e-mail about alarms, once they confirmed AWS's own. Default: nobody; subscribe to the topic as you like. */
  readonly alarmEmail?: string;
  /** Alarm when the oldest job of a tier has waited for so many minutes, whatever for, 5 to 1440. Default: 60. */
  readonly oldestJobMinutes?: number;
  /** Alarm when no webhook of use came for so many minutes, 5 to 1440. `false`: no such alarm. Default: 1440, a day. */
  readonly webhookSilenceMinutes?: number | false;
  /** Where GitHub's REST API is, if not where `githubHost` says. */
  readonly githubApiUrl?: string;
  /** Where people see GitHub, if not where `githubHost` says. */
  readonly githubWebUrl?: string;
  /**
   * By region: PEM certificates that may sign instance identity documents, besides AWS's own that Mayfly ships. For a region
   * that is not shipped, or whose certificate AWS has changed. Whoever holds such a key can pose as a machine. Default: none.
   */
  readonly identityCertificates?: Readonly<Record<string, readonly string[]>>;
}

export interface TierConfig {
  /** What `runs-on` asks for. Each tier needs, against each other one, a label that the other lacks. */
  readonly labels: readonly string[];
  /** Labels that its runners have besides, and that jobs may name too; they tell no tiers apart. Default: none. */
  readonly extraLabels?: readonly string[];
  readonly architecture: Architecture;
  /** EC2 instance types of that architecture, in order of preference. */
  readonly instanceTypes: readonly string[];
  /** How many machines of this tier one tenant may have at once, 1 to 1000. A plan that includes the tier may give more. */
  readonly maxRunners: number;
  /** Only linux so far, which is also the default. */
  readonly os?: 'linux';
  /** Spot machines first, on-demand ones where spot has no capacity. Default: false. */
  readonly spot?: boolean;
  /** How many machines of this tier all tenants may have together, 1 to 5000; those who wait share them. Default: any. */
  readonly capOverAllTenants?: number;
  /** Where its machines may be: some of `network.subnets`, by id. Default: all of them. */
  readonly subnetIds?: readonly string[];
  /**
   * An AMI's id, or `resolve:ssm:/path` of a parameter that holds one, of the data type `aws:ec2:image`. It must be there
   * before the deploy. Default: Canonical's Ubuntu 24.04.
   */
  readonly image?: string;
  /** The name of that image's root disk. Default: `/dev/sda1`, which is Ubuntu's; Amazon Linux has `/dev/xvda`. */
  readonly rootDevice?: string;
  /** The size of the machine's one disk, at least the image's. Default: 30. */
  readonly diskGigabytes?: number;
  /** Operations a second, 3000 to 80000 and at most 500 a gigabyte. Default: 3000, which costs nothing extra. */
  readonly diskIops?: number;
  /** MiB a second, 125 to 2000 and at most a quarter of `diskIops`. Default: 125, which costs nothing extra. */
  readonly diskThroughputMegabytes?: number;
  /**
   * MiB a second, 100 to 300, at which EC2 fills a new disk from its image, so that what is read first is there sooner.
   * AWS charges for each GB of the image's snapshot, at each launch. Default: as EC2 sees fit, without a charge.
   */
  readonly diskInitializationMegabytes?: number;
  /**
   * Of burstable types (T3, T4g): `unlimited` charges for what the processors do above their baseline, `standard` slows the
   * machine down to it. Only where all types of the tier are burstable. Default: EC2's, which is unlimited but for T2.
   */
  readonly cpuCredits?: CpuCredits;
  /**
   * true: the job's user has no way of becoming root, and so no Docker but a rootless one of your image. Default: false,
   * it may use Docker where the image has it, and by that become root on its own machine. It is never root from the start.
   */
  readonly rootless?: boolean;
  /**
   * Shell that runs as root at each boot before the runner is claimed, under `set -euo pipefail`; at most 2560 bytes, and
   * no secret: whoever may read launch templates reads it, and so may a job. Where it fails the machine powers off.
   */
  readonly extraUserData?: string;
  /**
   * A role that the machines get. WHATEVER IT ALLOWS, EVERY JOB OF EVERY TENANT MAY DO on this tier: a job that becomes
   * root reads its credentials. Default: none, and machines have no AWS permissions at all.
   */
  readonly instanceRoleArn?: string;
}
