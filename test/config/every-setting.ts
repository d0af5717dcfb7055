/** A configuration with every setting, and the same with any part of it replaced. */
import type { MayflyConfig } from '../../lib/config/config.ts';
import { trustedCertificates } from '../../lib/contract/aws-certificates.ts';
import { configWith, tierWith } from './configurations.ts';

export const everySetting: MayflyConfig = configWith({
  tiers: {
    small: tierWith({
      extraLabels: ['fast'],
      os: 'linux',
      spot: true,
      capOverAllTenants: 50,
      subnetIds: ['subnet-0123456789abcdef0'],
      image: 'ami-0123456789abcdef0',
      rootDevice: '/dev/sda1',
      diskGigabytes: 40,
      diskIops: 4000,
      diskThroughputMegabytes: 200,
      diskInitializationMegabytes: 100,
      cpuCredits: 'standard',
      rootless: true,
      extraUserData: 'true',
      instanceRoleArn: 'arn:aws:iam::123456789012:role/builds',
    }),
  },
  caps: { machinesInAll: 100, waitingJobsPerTenant: 10, launchesPerMinutePerTenant: 5, strictSpend: true },
  prices: {
    date: '2026-11-01',
    region: 'us-east-1',
    onDemand: { 't3.medium': 41_600 },
    disk: { gigabyte: 80_000, iops: 5000, throughputMegabyte: 40_000 },
    address: 5000,
  },
  rates: {
    tiers: { small: [{ from: '2026-11-01', perMinute: 0.01 }] },
    roundSeconds: 60,
    freeMinutes: 100,
  },
  costsExport: { payerAccount: '210987654321' },
  network: {
    vpcId: 'vpc-0123456789abcdef0',
    subnets: [{ id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' }],
    networkAcl: true,
    s3EndpointId: 'vpce-0123456789abcdef0',
    egress: [{ to: 'internet', protocol: 'tcp', ports: [443, 444] }],
  },
  kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0123456789abcdef0123',
  permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
  logRetentionDays: 30,
  reservedConcurrency: { webhook: 10 },
  runnerVersion: '2.337.0',
  runnerSha256: { x64: '0'.repeat(64) },
  runnerReleasesUrl: 'https://api.github.com',
  machineImages: { keep: 3 },
  runnerGroup: 'builds',
  scaleUpConcurrency: 5,
  alarmEmail: 'ops@example.com',
  oldestJobMinutes: 60,
  webhookSilenceMinutes: false,
  githubApiUrl: 'https://api.github.com',
  githubWebUrl: 'https://github.com',
  identityCertificates: { 'eu-west-1': trustedCertificates('eu-west-1') },
});

type Path = readonly string[];

/** The path to each part of a value, outermost first. */
export function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => [[...path, key], ...pathsOf(entry, [...path, key])]);
}

export function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const entries = copy as Record<string, unknown>;
  entries[key] = replaced(entries[key], rest, by);
  return copy;
}
