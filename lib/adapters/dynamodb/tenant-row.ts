/**
 * A tenant as a row, and back. Operators edit `status`, `tier`, `max_runners`, `tier_limits`, `allowed_tiers`, `runner_level`,
 * `runner_group`, `keep_runner_group`, `allowed_repositories`, `allow_public_repositories`, `spend_cap` and `daily_cap` by hand,
 * so what they leave out is filled in where a safe value exists, and is an error that names the attribute where none does.
 */
import { admissionEpochAttribute, leasesAttribute, tierLeasesAttribute } from '../../contract/tables.ts';
import type { Permissions } from '../../core/github.ts';
import { InstallationId, TierName } from '../../core/ids.ts';
import type { Attention, Tenant, TenantStatus } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { NewTenant } from '../../ports/tenants.ts';
import {
  type Attributes,
  compact,
  flag,
  number,
  numberList,
  optional,
  Row,
  text,
  textSet,
} from './attributes.ts';
import {
  capsOfRow,
  capsRow,
  carriedOfRow,
  heldOfRow,
  livesFadedOfRow,
  livesOfRow,
  settledOfRow,
  spentOfRow,
} from './spend-row.ts';

const tierLeasesPrefix = tierLeasesAttribute('');

/**
 * GitHub's suspension has a word of its own. Otherwise an operator who writes `suspended` over `suspended` would change
 * nothing, and the ban would end with GitHub's suspension.
 */
const byGitHub = 'suspended-by-github';
const statuses = ['active', 'pending', 'suspended', byGitHub, 'deleted'] as const;
const neverKnown = new Date(0).toISOString();

export const tenantKey = (installationId: InstallationId): Attributes => ({
  installation_id: number(installationId),
});

/** Without leases: only `take` adds those. */
export function newTenantRow(tenant: NewTenant): Attributes {
  const tiers = tenant.allowedTiers;
  return compact<Attributes>({
    ...tenantKey(tenant.installationId),
    status: statusValue(tenant.status, tenant.suspendedBy),
    suspended_by: tenant.suspendedBy === 'operator' ? text(tenant.suspendedBy) : undefined,
    status_before_deletion: optional(tenant.statusBeforeDeletion, (before) =>
      statusValue(before, tenant.suspendedBy),
    ),
    tier: text(tenant.tier),
    max_runners: number(tenant.maxRunners),
    tier_limits: optional(tenant.tierLimits, tierLimitsValue),
    // No tier at all cannot be a set: it is a list then.
    allowed_tiers: optional(tiers, (names) => (names.length === 0 ? { L: [] } : textSet(names))),
    account_id: number(tenant.accountId),
    account_login: text(tenant.accountLogin),
    account_type: text(tenant.accountType),
    runner_level: optional(tenant.runnerLevel, text),
    runner_group: optional(tenant.runnerGroup, text),
    keep_runner_group: optional(tenant.keepsRunnerGroup, flag),
    allowed_repositories: optional(tenant.allowedRepositories, numberList),
    allow_public_repositories: optional(tenant.allowPublicRepositories, flag),
    ...capsRow(tenant.caps),
    permissions: optional(tenant.permissions, permissionsValue),
    attention: optional(tenant.attention?.text, text),
    attention_code: optional(tenant.attention?.code, text),
    attention_since: optional(tenant.attention?.since, text),
    attention_probe_at: optional(tenant.attention?.probeAt, number),
    weight: optional(tenant.weight, number),
    predecessor: optional(tenant.predecessor, number),
    version: number(1),
    created_at: text(tenant.createdAt),
    updated_at: text(tenant.updatedAt),
  });
}

/**
 * Whether a tenant was ever created in this row. `aws dynamodb update-item` on an unknown installation id creates a
 * row that has only the edited attributes.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
 */
export const isTenantRow = (row: Attributes): boolean =>
  row['status'] !== undefined || row['account_id'] !== undefined;

/** Met if no tenant was created in the row yet, whether there is a row or not. */
export const noTenantYet = 'attribute_not_exists(#status) AND attribute_not_exists(#account_id)';

/** @throws OperationalError that names the row and the attribute that cannot be read */
export function tenantOfRow(attributes: Attributes): Tenant {
  const id = attributes['installation_id']?.N;
  if (!isTenantRow(attributes)) {
    throw new OperationalError(
      `No installation ${id} is known: an edit of the tenants row ${id} created it. Delete it with \`aws dynamodb delete-item\`; if the App is ever installed under this id, the new tenant replaces it.`,
      { code: 'UnreadableRow', retryable: false },
    );
  }
  const row = new Row(`tenants row ${id}`, attributes);
  const predecessor = row.optionalNumber('predecessor');
  const rateFrom = row.optionalNumber('rate_from');
  const rateUsed = row.optionalNumber('rate_used') ?? 0;
  const status = row.word('status', statuses);
  const before = row.optionalWord('status_before_deletion', statuses);
  const isByGitHub = status === byGitHub || (status === 'deleted' && before === byGitHub);
  return compact<Tenant>({
    installationId: InstallationId(row.number('installation_id')),
    status: statusOf(status),
    suspendedBy: isByGitHub ? 'github' : row.optionalWord('suspended_by', ['github', 'operator']),
    statusBeforeDeletion: before && statusOf(before),
    tier: TierName(row.text('tier')),
    maxRunners: row.number('max_runners'),
    tierLimits: tierLimitsOf(row),
    allowedTiers: row.optionalTexts('allowed_tiers')?.map(TierName),
    accountId: row.number('account_id'),
    accountLogin: row.text('account_login'),
    accountType: row.word('account_type', ['Organization', 'User']),
    runnerLevel: row.optionalWord('runner_level', ['organization', 'repository', 'auto']),
    runnerGroup: row.optionalText('runner_group') || undefined,
    keepsRunnerGroup: row.optionalFlag('keep_runner_group'),
    allowedRepositories: row.optionalNumbers('allowed_repositories'),
    allowPublicRepositories: row.optionalFlag('allow_public_repositories'),
    permissions: permissionsOf(row),
    attention: attentionOf(row),
    weight: row.optionalNumber('weight'),
    caps: capsOfRow(row),
    spent: spentOfRow(row),
    carried: carriedOfRow(row),
    held: heldOfRow(row),
    settled: settledOfRow(row),
    lives: livesOfRow(row),
    livesFaded: livesFadedOfRow(row),
    unknownRuns: row.optionalNumber('unknown_runs'),
    rateUsedUntil: rateFrom === undefined ? undefined : rateFrom + rateUsed,
    rateUsed: rateUsed || undefined,
    leases: row.optionalNumber(leasesAttribute) ?? 0,
    tierLeases: tierLeasesOf(row),
    leaseChanges: row.optionalNumber('lease_changes') ?? 0,
    admissionEpoch: row.optionalNumber(admissionEpochAttribute),
    predecessor: predecessor === undefined ? undefined : InstallationId(predecessor),
    version: row.optionalNumber('version') ?? 0,
    createdAt: row.optionalText('created_at') ?? neverKnown,
    updatedAt: row.optionalText('updated_at') ?? neverKnown,
  });
}

export const statusValue = (status: TenantStatus, suspendedBy: Tenant['suspendedBy'] | null) =>
  text(status === 'suspended' && suspendedBy === 'github' ? byGitHub : status);

const statusOf = (word: (typeof statuses)[number]): TenantStatus => (word === byGitHub ? 'suspended' : word);

/** An operator who removes `attention` by hand has cleared it, whatever else remains. */
function attentionOf(row: Row): Attention | undefined {
  const words = row.optionalText('attention');
  if (words === undefined) return undefined;
  return {
    code:
      row.optionalWord('attention_code', ['permission-missing', 'github-limited', 'github-refused']) ??
      'permission-missing',
    text: words,
    since: row.optionalText('attention_since') ?? neverKnown,
    probeAt: row.optionalNumber('attention_probe_at') ?? 0,
  };
}

export const permissionsValue = (permissions: Permissions) => ({
  M: Object.fromEntries(Object.entries(permissions).map(([name, level]) => [name, text(level)])),
});

function permissionsOf(row: Row): Permissions | undefined {
  const map = row.optionalMap('permissions');
  return map && Object.fromEntries(Object.keys(map.attributes).map((name) => [name, map.text(name)]));
}

export const tierLimitsValue = (limits: NonNullable<Tenant['tierLimits']>) => ({
  M: Object.fromEntries([...limits].map(([tier, limit]) => [tier, number(limit)])),
});

function tierLimitsOf(row: Row): Tenant['tierLimits'] {
  const map = row.optionalMap('tier_limits');
  if (!map) return undefined;
  return new Map(Object.keys(map.attributes).map((tier) => [TierName(tier), map.number(tier)]));
}

function tierLeasesOf(row: Row): Tenant['tierLeases'] {
  const names = Object.keys(row.attributes).filter((name) => name.startsWith(tierLeasesPrefix));
  const counts = names.map(
    (name) => [TierName(name.slice(tierLeasesPrefix.length)), row.number(name)] as const,
  );
  return new Map(counts.filter(([, count]) => count !== 0));
}
