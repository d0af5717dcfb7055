/** One tenant as operators see it: its row's settings, and the limit in force in each tier. */
import { assertConfig } from '../../config/check-config.ts';
import type { MayflyConfig } from '../../config/config.ts';
import { dollarAmount, type Micros } from '../../core/micros.ts';
import { levelNow } from '../../core/runner-level.ts';
import { periodsOf, spentIn } from '../../core/spend.ts';
import type { Tenant } from '../../core/tenant.ts';
import { tierLimit } from '../../core/tier-limit.ts';

export interface TenantView {
  readonly installationId: number;
  readonly login: string;
  readonly accountId: number;
  readonly accountType: Tenant['accountType'];
  /** `suspended-by-github` ends by itself when GitHub lifts it; `suspended` is the operator's. */
  readonly status: string;
  readonly plan: string;
  readonly machines: number;
  readonly maxRunners: number;
  readonly tiers: Readonly<Record<string, TierView>>;
  readonly weight: number;
  readonly spending: SpendingView;
  readonly level: string;
  /** The setting is `auto`, but the App lacks permission to register with the organization. */
  readonly isFallback: boolean;
  /** null: GitHub's default group, or none. */
  readonly group: string | null;
  /** The reconciler keeps the group's repositories equal to `repositories`. */
  readonly keepsGroup: boolean;
  /** GitHub's ids; null: all. */
  readonly repositories: readonly number[] | null;
  /** false: no public repository may. null: GitHub's settings decide. */
  readonly publicRepositories: boolean | null;
  readonly permissions: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** In whole micro-dollars; null: no cap. */
export interface SpendingView {
  readonly month: { readonly period: string; readonly spent: Micros; readonly cap: Micros | null };
  readonly day: { readonly period: string; readonly spent: Micros; readonly cap: Micros | null };
  readonly strict: boolean;
}

export function spendingView(tenant: Tenant, config: Pick<MayflyConfig, 'caps'>, now: number): SpendingView {
  const [month, day] = periodsOf(now);
  const { caps } = tenant;
  return {
    month: { period: month, spent: spentIn(tenant, month), cap: caps?.month ?? null },
    day: { period: day, spent: spentIn(tenant, day), cap: caps?.day ?? null },
    strict: caps?.strict ?? config.caps?.strictSpend ?? false,
  };
}

/** `$12.40 of $500.00`; without a cap the amount alone. */
export const spendingText = ({ spent, cap }: SpendingView['month']): string =>
  cap === null ? dollarAmount(spent) : `${dollarAmount(spent)} of ${dollarAmount(cap)}`;

export interface TierView {
  readonly machines: number;
  /** The limit in force for this tenant. null: the tier is no longer configured, and still has machines. */
  readonly maxRunners: number | null;
  readonly allowed: boolean;
}

export const statusWord = ({ status, suspendedBy }: Pick<Tenant, 'status' | 'suspendedBy'>): string =>
  status === 'suspended' && suspendedBy === 'github' ? 'suspended-by-github' : status;

export function tenantView(tenant: Tenant, config: MayflyConfig, now: number): TenantView {
  const { level, isFallback } = levelNow(tenant);
  return {
    installationId: tenant.installationId,
    login: tenant.accountLogin,
    accountId: tenant.accountId,
    accountType: tenant.accountType,
    status: statusWord(tenant),
    plan: tenant.tier,
    machines: tenant.leases,
    maxRunners: tenant.maxRunners,
    tiers: tierViews(tenant, config),
    weight: tenant.weight ?? 1,
    spending: spendingView(tenant, config, now),
    level,
    isFallback,
    group: level === 'organization' ? (tenant.runnerGroup ?? config.runnerGroup ?? null) : null,
    keepsGroup: level === 'organization' && tenant.keepsRunnerGroup === true,
    repositories: tenant.allowedRepositories ?? null,
    publicRepositories: tenant.allowPublicRepositories ?? null,
    permissions: tenant.permissions ?? {},
    createdAt: tenant.createdAt,
    updatedAt: tenant.updatedAt,
  };
}

function tierViews(tenant: Tenant, config: MayflyConfig): TenantView['tiers'] {
  const { tiers } = assertConfig(config).deployment;
  const isConfigured = (name: string) => tiers.some((tier) => tier.name === name);
  const isAllowed = (name: string) => tenant.allowedTiers?.some((tier) => tier === name) ?? true;
  return Object.fromEntries([
    ...tiers.map((tier) => {
      const machines = tenant.tierLeases.get(tier.name) ?? 0;
      return [tier.name, { machines, maxRunners: tierLimit(tenant, tier), allowed: isAllowed(tier.name) }];
    }),
    ...[...tenant.tierLeases]
      .filter(([name, machines]) => machines > 0 && !isConfigured(name))
      .map(([name, machines]) => [name, { machines, maxRunners: null, allowed: isAllowed(name) }]),
  ]);
}
