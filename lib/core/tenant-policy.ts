/** The operator's decisions about a tenant, as plain data in a fixed order: two are equal if their JSON is. */
import type { Tenant } from './tenant.ts';

export const policyOf = (tenant: Tenant) => ({
  status: tenant.status,
  statusBeforeDeletion: tenant.statusBeforeDeletion,
  suspendedBy: tenant.suspendedBy,
  tier: tenant.tier,
  maxRunners: tenant.maxRunners,
  tierLimits: tenant.tierLimits && [...tenant.tierLimits].toSorted(),
  allowedTiers: tenant.allowedTiers?.toSorted(),
  weight: tenant.weight,
  runnerLevel: tenant.runnerLevel,
  runnerGroup: tenant.runnerGroup,
  keepsRunnerGroup: tenant.keepsRunnerGroup,
  allowedRepositories: tenant.allowedRepositories?.toSorted(),
  allowPublicRepositories: tenant.allowPublicRepositories,
  caps: tenant.caps,
});

export const hasSamePolicy = (one: Tenant, other: Tenant): boolean =>
  JSON.stringify(policyOf(one)) === JSON.stringify(policyOf(other));
