/**
 * Checks the whole configuration at once: the operator gets every error in one message, each with what was given and what
 * is allowed. A configuration that passes can be synthesized and deployed; nothing checks it again later.
 */
import type { Deployment } from '../contract/deployment.ts';
import { TierName } from '../core/ids.ts';
import type { Tier } from '../core/tier.ts';
import {
  accountFaults,
  type CheckedAccount,
  checkedAccount,
  defaultScaleUpConcurrency,
} from './check-account.ts';
import { alarmFaults, checkedAlarms } from './check-alarms.ts';
import { capFaults, defaultCaps } from './check-caps.ts';
import { checkedCostsExport, costsExportFaults } from './check-costs-export.ts';
import { githubFaults, groupFaults, withoutGone } from './check-github.ts';
import { type CheckedImages, checkedImages, imageFaults } from './check-images.ts';
import { limitFaults } from './check-limits.ts';
import { checkedMachine, type MachineSettings } from './check-machines.ts';
import { type CheckedNetwork, checkedNetwork, networkFaults } from './check-network.ts';
import { checkedPrices, priceFaults } from './check-prices.ts';
import { checkedRates, rateFaults } from './check-rates.ts';
import { identityFaults, regionFaults } from './check-region.ts';
import { checkedReleasesUrl, checkedRunner, runnerFaults } from './check-runner.ts';
import { tierSubnetFaults } from './check-tier-subnets.ts';
import { tierFaults } from './check-tiers.ts';
import { variableFaults } from './check-variables.ts';
import type { MayflyConfig, TierConfig } from './config.ts';
import { ConfigurationError } from './configuration-error.ts';
import { expectKnownKeys, expectText, expectWhole, expectWord, isRecord, shown } from './faults.ts';
import { githubApiUrl } from './github-api-url.ts';
import { includedIn } from './included-tiers.ts';

/** A valid configuration with defaults filled in. */
export interface CheckedConfig extends CheckedAccount {
  /** As given. */
  readonly settings: MayflyConfig;
  /** What the functions read from `deployment.json` beside their bundle. */
  readonly deployment: Deployment;
  /** What each tier's machines are made of. No function needs to know. */
  readonly machines: ReadonlyMap<TierName, MachineSettings>;
  readonly githubApiUrl: string;
  /** Where people see GitHub. */
  readonly githubWebUrl: string;
  readonly network: CheckedNetwork;
  readonly runnerReleasesUrl: string;
  /** Absent: the deployment builds no images. */
  readonly machineImages?: CheckedImages;
  /** Absent: there is no bucket for AWS's bill. */
  readonly costsExport?: { readonly payerAccount?: string };
  readonly scaleUpConcurrency: number;
  readonly alarmEmail?: string;
  readonly oldestJobMinutes: number;
  /** Absent: no such alarm. */
  readonly webhookSilenceMinutes?: number;
}

export type CheckOutcome =
  | { readonly ok: true; readonly config: CheckedConfig }
  | { readonly ok: false; readonly faults: readonly string[] };

const settings = [
  'environment',
  'region',
  'githubHost',
  'tiers',
  'defaultTier',
  'onboarding',
  'limits',
  'caps',
  'rates',
  'prices',
  'costsExport',
  'network',
  'kmsKeyArn',
  'permissionsBoundaryArn',
  'logRetentionDays',
  'reservedConcurrency',
  'runnerVersion',
  'runnerSha256',
  'runnerReleasesUrl',
  'machineImages',
  'runnerGroup',
  'scaleUpConcurrency',
  'alarmEmail',
  'oldestJobMinutes',
  'webhookSilenceMinutes',
  'githubApiUrl',
  'githubWebUrl',
  'identityCertificates',
];

export function checkConfig(config: MayflyConfig): CheckOutcome {
  if (!isRecord(config))
    return { ok: false, faults: [`The configuration is ${shown(config)}, not an object.`] };
  const faults = [
    ...expectKnownKeys('The configuration', withoutGone(config), settings),
    ...nameFaults(config),
    ...githubFaults(config),
    ...tierFaults(config.tiers),
    ...defaultTierFaults(config),
    ...variableFaults(config),
    ...expectWord('onboarding', config.onboarding, ['open', 'approve']),
    ...limitFaults(config.limits),
    ...capFaults(config.caps),
    ...rateFaults(config),
    ...priceFaults(config),
    ...costsExportFaults(config),
    ...networkFaults(config.network, config.region),
    ...runnerFaults(config),
    ...imageFaults(config),
    ...tierSubnetFaults(config.tiers, config.network),
    ...accountFaults(config),
    ...optionFaults(config),
    ...alarmFaults(config),
  ];
  return faults.length > 0 ? { ok: false, faults } : { ok: true, config: checked(config) };
}

/** Where the configuration came from, and other errors to report with it. */
export interface Origin {
  /** The file that the reader must correct. Default: mayfly.config.ts. */
  readonly where?: string;
  readonly faults?: readonly string[];
}

/** @throws ConfigurationError that lists every error */
export function assertConfig(config: MayflyConfig, origin: Origin = {}): CheckedConfig {
  const outcome = checkConfig(config);
  const faults = [...(origin.faults ?? []), ...(outcome.ok ? [] : outcome.faults)];
  if (outcome.ok && faults.length === 0) return outcome.config;
  const count = faults.length === 1 ? 'an error' : `${faults.length} errors`;
  throw new ConfigurationError(
    [`The configuration has ${count}. Correct ${origin.where ?? 'mayfly.config.ts'}:`, ...faults].join(
      '\n  - ',
    ),
  );
}

/** What may be the name of an environment. */
export const environmentNames = {
  pattern: /^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/,
  allowed: '1 to 24 lower-case letters, digits and inner hyphens, beginning with a letter',
};

function nameFaults(config: MayflyConfig): string[] {
  return [...expectText('environment', config.environment, environmentNames), ...regionFaults(config)];
}

function defaultTierFaults(config: MayflyConfig): string[] {
  return isRecord(config.tiers) && Object.keys(config.tiers).length > 0
    ? expectWord('defaultTier', config.defaultTier, Object.keys(config.tiers))
    : [];
}

function optionFaults(config: MayflyConfig): string[] {
  return [
    ...groupFaults(config),
    ...expectWhole('scaleUpConcurrency', config.scaleUpConcurrency ?? defaultScaleUpConcurrency, {
      from: 2,
      to: 1000,
    }),
    ...identityFaults(config.identityCertificates),
  ];
}

function checked(config: MayflyConfig): CheckedConfig {
  const identityCertificates = config.identityCertificates?.[config.region];
  const images = checkedImages(config);
  return {
    settings: config,
    deployment: {
      environment: config.environment,
      region: config.region,
      tiers: Object.entries(config.tiers).map(([name, tier]) => checkedTier(name, tier, config)),
      defaultTier: TierName(config.defaultTier),
      onboarding: config.onboarding,
      ...(config.runnerGroup === undefined ? {} : { runnerGroup: config.runnerGroup }),
      runner: checkedRunner(config),
      limits: config.limits,
      caps: { ...defaultCaps, ...config.caps },
      ...checkedRates(config),
      ...checkedPrices(config),
      ...(identityCertificates ? { identityCertificates } : {}),
    },
    machines: new Map(
      Object.entries(config.tiers).map(([name, tier]) => [TierName(name), checkedMachine(tier)]),
    ),
    githubApiUrl: (config.githubApiUrl ?? githubApiUrl(config.githubHost)).replace(/\/+$/, ''),
    githubWebUrl: (config.githubWebUrl ?? `https://${config.githubHost}`).replace(/\/+$/, ''),
    network: checkedNetwork(config.network),
    runnerReleasesUrl: checkedReleasesUrl(config),
    ...(images === undefined ? {} : { machineImages: images }),
    scaleUpConcurrency: config.scaleUpConcurrency ?? defaultScaleUpConcurrency,
    ...checkedCostsExport(config),
    ...checkedAccount(config),
    ...checkedAlarms(config),
  };
}

function checkedTier(name: string, tier: TierConfig, { tiers, network }: MayflyConfig): Tier {
  const plans = includedIn(name, tiers);
  const { diskGigabytes, diskIops, diskThroughputMegabytes, cpuCredits } = checkedMachine(tier);
  return {
    name: TierName(name),
    labels: [...tier.labels, ...(tier.extraLabels ?? [])],
    os: 'linux',
    architecture: tier.architecture,
    instanceTypes: tier.instanceTypes,
    maxRunners: tier.maxRunners,
    ...(plans.length > 0 ? { includedIn: plans } : {}),
    spot: tier.spot ?? false,
    ...(tier.subnetIds === undefined ? {} : { subnetIds: tier.subnetIds }),
    ...(tier.capOverAllTenants === undefined ? {} : { capOverAllTenants: tier.capOverAllTenants }),
    billed: {
      ...{ diskGigabytes, diskIops, diskThroughputMegabytes },
      ...publicAddressIn(checkedNetwork(network)),
      ...(cpuCredits === undefined ? {} : { cpuCredits }),
    },
  };
}

/** Whether the subnets of an existing network assign public addresses, only that network knows. */
const publicAddressIn = (network: CheckedNetwork) =>
  network.kind === 'own' ? { publicAddress: network.natGateways === 0 } : {};
