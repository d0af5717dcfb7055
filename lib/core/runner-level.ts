/**
 * Whether a tenant's runners register with its organization, for all of its repositories, or each with its job's
 * repository. Decided from the App's permissions there, before a machine is launched. It is decided each
 * time, so a fallback ends by itself once the permission is granted.
 */
import type { Permissions } from './github.ts';
import type { RunnerLevel, Tenant } from './tenant.ts';

export interface LevelNow {
  readonly level: RunnerLevel;
  /** `auto` prefers the organization, but lacks the permission. */
  readonly isFallback: boolean;
}

/** What a runner of this level needs, as GitHub names the permission. */
export const permissionFor: Readonly<Record<RunnerLevel, string>> = {
  organization: 'organization_self_hosted_runners',
  repository: 'administration',
};

export function levelNow(tenant: Pick<Tenant, 'accountType' | 'runnerLevel' | 'permissions'>): LevelNow {
  const { accountType, runnerLevel = 'auto', permissions } = tenant;
  if (accountType === 'User') return { level: 'repository', isFallback: false };
  if (runnerLevel !== 'auto') return { level: runnerLevel, isFallback: false };
  const isFallback = !mayWrite(permissions, 'organization') && mayWrite(permissions, 'repository');
  return { level: isFallback ? 'repository' : 'organization', isFallback };
}

/** Undefined: nothing is missing, as far as is known. */
export function missingPermission(tenant: Tenant): { name: string; given: string } | undefined {
  const { level } = levelNow(tenant);
  if (mayWrite(tenant.permissions, level)) return undefined;
  const name = permissionFor[level];
  return { name, given: tenant.permissions?.[name] ?? 'none' };
}

/** True even for a tenant that registers with repositories now: it may have organization runners from before. */
export const mayHaveOrganizationRunners = ({ accountType, permissions }: Tenant) =>
  accountType === 'Organization' && mayWrite(permissions, 'organization');

/** Unknown permissions block nothing: the registration will show whether they suffice. */
const mayWrite = (permissions: Permissions | undefined, level: RunnerLevel) =>
  permissions === undefined || ['write', 'admin'].includes(permissions[permissionFor[level]] ?? '');

/**
 * An operator's decision about where a tenant's runners register and which repositories they serve. It
 * survives a reinstallation.
 */
export function runnerPolicy(tenant: Tenant | undefined): Pick<Tenant, (typeof policyFields)[number]> {
  return Object.fromEntries(
    policyFields.flatMap((name) => (tenant?.[name] === undefined ? [] : [[name, tenant[name]]])),
  );
}

const policyFields = [
  'runnerLevel',
  'runnerGroup',
  'keepsRunnerGroup',
  'allowedRepositories',
  'allowPublicRepositories',
] as const satisfies readonly (keyof Tenant)[];
