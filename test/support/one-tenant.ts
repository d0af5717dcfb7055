/** An active tenant, as `mayfly status --tenant` reads it: one machine runs a job, one boots. */
import type { OneTenant } from '../../lib/cli/tenants/one-tenant.ts';
import { noon } from './given.ts';

const labels = ['self-hosted', 'linux', 'x64', 'small'];
const machine = { instanceType: 't3.medium', ec2: 'running', tier: 'small' };

export const oneTenant: OneTenant = {
  login: 'acme',
  installationId: 12345678,
  status: 'active',
  level: 'organization',
  isFallback: false,
  group: 'builds',
  leases: 2,
  maxRunners: 2,
  machines: [
    {
      ...machine,
      instanceId: 'i-0a1b2c3d4e5f60718',
      state: 'listening',
      ageSeconds: 310,
      jobId: 91000004,
      jobState: 'running',
      github: 'busy',
    },
    {
      ...machine,
      instanceId: 'i-0a1b2c3d4e5f60719',
      state: 'booting',
      ageSeconds: 21,
      jobId: 91000005,
      jobState: 'covered',
      github: null,
    },
  ],
  github: [{ name: 'i-0a1b2c3d4e5f60718', status: 'busy', labels }],
  waiting: { 'tenant-limit': 1 },
  lastJobs: [
    { jobId: 91000006, repository: 'acme/app', what: 'waiting: tenant-limit', at: noon - 15_000 },
    { jobId: 91000005, repository: 'acme/app', what: 'covered', at: noon - 25_000 },
    { jobId: 91000004, repository: 'acme/web', what: 'running', at: noon - 250_000 },
    { jobId: 91000003, repository: 'acme/web', what: 'success', at: noon - 330_000 },
  ],
  problems: [],
};
