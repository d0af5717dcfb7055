/**
 * Worlds for tests: a tenant, a tier, a job, each complete and ordinary, with overrides for what matters to the test.
 */
import type { Deployment } from '../../lib/contract/deployment.ts';
import type { JobEvent } from '../../lib/contract/messages.ts';
import { InstallationId, JobId, TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { Tier } from '../../lib/core/tier.ts';

export const noon = Date.parse('2026-11-21T12:00:00Z');
export const acme = InstallationId(101);
export const small = TierName('small');
export const medium = TierName('medium');

export const givenTier = (over: Partial<Tier> = {}): Tier => ({
  name: small,
  labels: ['self-hosted', 'linux', 'x64', 'small'],
  os: 'linux',
  architecture: 'x64',
  instanceTypes: ['t3.medium'],
  maxRunners: 2,
  spot: false,
  billed: { diskGigabytes: 30, diskIops: 3000, diskThroughputMegabytes: 125, publicAddress: true },
  ...over,
});

/** All permissions that the App requests. */
export const permissions = {
  actions: 'write',
  administration: 'write',
  metadata: 'read',
  organization_self_hosted_runners: 'write',
};

export const givenTenant = (over: Partial<Tenant> = {}): Tenant => ({
  installationId: acme,
  status: 'active',
  tier: small,
  maxRunners: 2,
  accountId: 1,
  accountLogin: 'acme',
  accountType: 'Organization',
  permissions,
  leases: 0,
  tierLeases: new Map(),
  leaseChanges: 0,
  version: 0,
  createdAt: '2026-11-21T11:00:00Z',
  updatedAt: '2026-11-21T11:00:00Z',
  ...over,
});

export const givenJob = (over: Partial<Job> = {}): Job => ({
  installationId: acme,
  jobId: JobId(1),
  state: 'waiting',
  tier: small,
  repository: 'acme/app',
  repositoryOwnerId: 1,
  runId: 1000,
  labels: ['self-hosted', 'linux', 'x64', 'small'],
  queuedAt: noon,
  acceptedAt: noon,
  attempts: 0,
  ...over,
});

export const givenJobs = (count: number, over: Partial<Job> = {}): Job[] =>
  Array.from({ length: count }, (_, n) => givenJob({ jobId: JobId(n + 1), queuedAt: noon + n, ...over }));

export const givenEvent = (over: Partial<JobEvent> = {}): JobEvent => ({
  kind: 'job',
  action: 'queued',
  installationId: acme,
  jobId: JobId(1),
  runId: 1000,
  repository: 'acme/app',
  repositoryOwnerId: 1,
  labels: ['self-hosted', 'linux', 'x64', 'small'],
  tier: small,
  queuedAt: noon,
  receivedAt: noon,
  delivery: 'd-1',
  runnerName: null,
  conclusion: null,
  ...over,
});

export const givenDeployment = (over: Partial<Deployment> = {}): Deployment => ({
  environment: 'test',
  region: 'us-east-1',
  tiers: [
    givenTier(),
    givenTier({
      name: medium,
      labels: ['self-hosted', 'linux', 'x64', 'medium'],
      instanceTypes: ['t3.large', 'm5.large'],
      maxRunners: 5,
    }),
  ],
  defaultTier: small,
  onboarding: 'open',
  runner: { sha256: {} },
  limits: { bootSeconds: 600, idleSeconds: 120, jobSeconds: 21600, waitSeconds: 86400 },
  caps: { waitingJobsPerTenant: 1000, launchesPerMinutePerTenant: 60 },
  ...over,
});

/** What GitHub reports about the account that installed the App. */
export const acmeAccount = {
  accountId: 1,
  accountLogin: 'acme',
  accountType: 'Organization',
  suspended: false,
} as const;
