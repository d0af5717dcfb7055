/**
 * The configurations whose templates are checked, and nothing else says which: one entry adds one. Together they hold every
 * setting that changes a template.
 */
import type { MayflyConfig } from '../../../lib/config/config.ts';
import { trustedCertificates } from '../../../lib/contract/aws-certificates.ts';
import { configWith, defaultConfig, thirtyTiers, tierWith } from '../../config/configurations.ts';

export const configurations: Readonly<Record<string, MayflyConfig>> = {
  default: defaultConfig,
  custom: configWith({
    environment: 'custom',
    region: 'eu-west-1',
    defaultTier: 'tiny',
    costsExport: {},
    alarmEmail: 'operators@example.com',
    webhookSilenceMinutes: 60,
    oldestJobMinutes: 30,
    identityCertificates: { 'eu-west-1': trustedCertificates('eu-west-2') },
    rates: { tiers: { tiny: [{ from: '2026-11-01', perMinute: 0.002 }] } },
    prices: {
      date: '2026-11-21',
      region: 'eu-west-1',
      onDemand: { 'm7i.4xlarge': 900_000 },
      disk: { gigabyte: 88_000, iops: 5_500, throughputMegabyte: 44_000 },
      address: 5_000,
    },
    tiers: {
      tiny: tierWith({ labels: ['self-hosted', 'linux', 'x64', 'tiny'], extraLabels: ['docker'] }),
      huge: tierWith({
        labels: ['self-hosted', 'linux', 'x64', 'huge'],
        instanceTypes: ['m7i.4xlarge', 'm7a.4xlarge'],
        maxRunners: 50,
        spot: true,
        image: 'ami-0123456789abcdef0',
        rootDevice: '/dev/xvda',
        diskGigabytes: 200,
        diskIops: 6000,
        diskThroughputMegabytes: 500,
        diskInitializationMegabytes: 200,
        instanceRoleArn: 'arn:aws:iam::111122223333:role/runners',
      }),
    },
  }),
  arm64: configWith({
    environment: 'arm',
    defaultTier: 'arm',
    tiers: {
      arm: tierWith({
        labels: ['self-hosted', 'linux', 'arm64', 'arm'],
        architecture: 'arm64',
        instanceTypes: ['t4g.medium'],
        cpuCredits: 'standard',
      }),
    },
  }),
  'thirty-tiers': thirtyTiers,
  nat: configWith({
    environment: 'nat',
    network: {
      cidr: '10.64.0.0/20',
      zones: 3,
      nat: true,
      egress: [
        { to: 'internet', protocol: 'tcp', ports: 443 },
        { to: '10.20.0.0/16', protocol: 'tcp', ports: [5000, 5010] },
      ],
    },
  }),
  'existing-network': configWith({
    environment: 'existing',
    network: {
      vpcId: 'vpc-0123456789abcdef0',
      subnets: [
        { id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' },
        { id: 'subnet-0123456789abcdef1', zone: 'us-east-1b' },
      ],
      s3EndpointId: 'vpce-0123456789abcdef0',
    },
    defaultTier: 'near',
    tiers: {
      near: tierWith({
        labels: ['self-hosted', 'linux', 'x64', 'near'],
        subnetIds: ['subnet-0123456789abcdef0'],
        rootless: true,
        extraUserData: 'echo hello',
      }),
    },
  }),
  'account-rules': configWith({
    environment: 'ruled',
    kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef',
    permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
    logRetentionDays: 365,
    reservedConcurrency: { webhook: 10, claim: 10, 'scale-up': 20 },
    scaleUpConcurrency: 10,
    caps: { machinesInAll: 100 },
    githubApiUrl: 'https://github.example.com/api/v3',
    githubWebUrl: 'https://github.example.com',
    runnerGroup: 'builds',
    runnerVersion: '2.337.0',
    runnerSha256: { x64: '0'.repeat(64) },
    runnerReleasesUrl: 'https://releases.example.com',
    defaultTier: 'small',
    tiers: { small: tierWith({ os: 'linux', capOverAllTenants: 20 }) },
  }),
  images: configWith({
    environment: 'images',
    machineImages: { keep: 5 },
    defaultTier: 'x64',
    tiers: {
      x64: tierWith({ labels: ['self-hosted', 'linux', 'x64'] }),
      arm: tierWith({
        labels: ['self-hosted', 'linux', 'arm64'],
        architecture: 'arm64',
        instanceTypes: ['t4g.medium', 'm7g.large'],
      }),
    },
  }),
};
