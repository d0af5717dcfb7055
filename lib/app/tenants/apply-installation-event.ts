/**
 * Brings a tenant in line with the installation's present state at GitHub. An event only triggers the question: forged,
 * late or repeated ones change nothing. The write is fenced by the row's version, so an older answer never overwrites a
 * newer one, and no event ever touches leases.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { InstallationEvent } from '../../contract/messages.ts';
import type { Installation } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import { reason } from '../../core/reason.ts';
import { levelNow, runnerPolicy } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import { firstStatus, tenantChange } from '../../core/tenant-change.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { NewTenant } from '../../ports/tenants.ts';
import { noteReturn } from '../common/note-return.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import type { InstallationNow } from './ask-for-installation.ts';
import type { UnheardRunDeps } from './find-unheard-run.ts';
import { forgetUnknown, isSurelyGone, noteUnknown } from './note-unknown.ts';
import { type AccountNow, readAccount } from './read-account.ts';
import { refuseRemoved } from './refuse-removed.ts';
import { refuseWaitingJobs } from './refuse-waiting-jobs.ts';

export interface TenantDeps extends UnheardRunDeps {
  readonly deployment: Deployment;
}

/** Answers for all events of a batch about the installation. */
type EventDeps = TenantDeps &
  Pick<Parameters<typeof refuseRemoved>[0], 'repositoriesNow'> & {
    readonly installationNow: InstallationNow;
  };

const maxTries = 5;

/** @throws OperationalError: deliver the event again */
export async function applyInstallationEvent(deps: EventDeps, event: InstallationEvent): Promise<void> {
  const { installationId } = event;
  for (let tries = 1; tries <= maxTries; tries++) {
    // The row is read before GitHub is asked: then the answer is at least as new as the version that it replaces.
    const known = await deps.tenants.get(installationId);
    if (known && (await endIfSuperseded(deps, known))) continue;
    const now = known?.status === 'deleted' ? undefined : await deps.installationNow(known);
    if (!known && !now) return noteUnknown(deps, event);
    if (now) await forgetUnknown(deps, installationId);
    else if (known?.status !== 'deleted' && !(await isSurelyGone(deps, event))) return;
    const done = known ? await follow(deps, known, now) : await provision(deps, installationId, now!);
    if (done && (await afterwards(deps, event, now))) return;
  }
  throw new OperationalError(
    `Tenant ${installationId} changed ${maxTries} times while one event was handled.`,
    {
      code: 'TenantChanging',
      retryable: true,
    },
  );
}

/** False: someone else changed the tenant meanwhile. */
async function follow(deps: TenantDeps, tenant: Tenant, now: Installation | undefined): Promise<boolean> {
  const change = tenantChange(tenant, now);
  if (!change) return true;
  const { installationId } = tenant;
  const outcome = await deps.tenants.update(tenant, { ...change, updatedAt: iso(deps) });
  if (outcome === 'conflict') return false;
  deps.telemetry.event('info', 'tenant-changed', { installationId, login: tenant.accountLogin, ...change });
  const [before, after] = [levelNow(tenant), levelNow({ ...tenant, ...change })];
  if (before.level !== after.level) {
    const { level: to, isFallback } = after;
    const about = { installationId, login: tenant.accountLogin, from: before.level, to, isFallback };
    deps.telemetry.event(isFallback ? 'warn' : 'info', 'runner-level-changed', about);
  }
  return true;
}

async function provision(
  deps: TenantDeps,
  installationId: InstallationId,
  installation: Installation,
): Promise<boolean> {
  const account = await readAccount(deps, { accountId: installation.accountId, installationId });
  await askAboutPrevious(deps, account);
  const tenant = newTenant(deps, { installationId, installation, account });
  // Until this very write the operator may edit what it inherits, and another installation may be created.
  if ((await deps.tenants.create(tenant, account.latest, account)) !== 'created') return false;
  deps.telemetry.event('info', 'tenant-provisioned', { ...tenant }, { TenantsProvisioned: 1 });
  return true;
}

/** An account has one installation, so the earlier one is gone. Its `deleted` event may be late or lost: ask GitHub. */
async function askAboutPrevious(deps: TenantDeps, { latest, isSuperseded }: AccountNow): Promise<void> {
  if (!latest || latest.status === 'deleted' || isSuperseded) return;
  await deps.queues.sendToInstallations({
    kind: 'installation',
    event: 'superseded',
    installationId: latest.installationId,
    repositoriesRemoved: [],
    delivery: 'superseded',
  });
}

function newTenant(
  deps: TenantDeps,
  made: { installationId: InstallationId; installation: Installation; account: AccountNow },
): NewTenant {
  const { installationId, installation, account } = made;
  const { latest: previous, isSuperseded } = account;
  const { tiers, defaultTier, onboarding } = deps.deployment;
  const maxRunners = tiers.find(({ name }) => name === defaultTier)?.maxRunners ?? 0;
  const now = iso(deps);
  return {
    installationId,
    ...(isSuperseded ? { status: 'deleted' as const } : firstStatus(installation, previous, onboarding)),
    tier: previous?.tier ?? defaultTier,
    maxRunners: previous?.maxRunners ?? maxRunners,
    ...(previous?.tierLimits ? { tierLimits: previous.tierLimits } : {}),
    ...(previous?.allowedTiers ? { allowedTiers: previous.allowedTiers } : {}),
    ...(previous?.weight === undefined ? {} : { weight: previous.weight }),
    ...(previous?.caps ? { caps: previous.caps } : {}),
    ...runnerPolicy(previous),
    ...(previous && !isSuperseded ? { predecessor: previous.installationId } : {}),
    accountId: installation.accountId,
    accountLogin: installation.accountLogin,
    accountType: installation.accountType,
    permissions: installation.permissions,
    createdAt: now,
    updatedAt: now,
  };
}

/** @returns true if the tenant was ended, or someone else changed it: read it again */
async function endIfSuperseded(deps: TenantDeps, tenant: Tenant): Promise<boolean> {
  if (tenant.status === 'deleted') return false;
  if (!(await readAccount(deps, tenant)).isSuperseded) return false;
  const { installationId, status } = tenant;
  const ended = { status: 'deleted', statusBeforeDeletion: status, updatedAt: iso(deps) } as const;
  if ((await deps.tenants.update(tenant, ended)) === 'conflict') return true;
  deps.telemetry.event('info', 'tenant-changed', { installationId, login: tenant.accountLogin, ...ended });
  return true;
}

/**
 * The consequences of the tenant's present state. Applied for every event, so that a crash before it does no harm.
 * @returns false: an operator has restored what GitHub says is gone, so look again
 */
async function afterwards(
  deps: EventDeps,
  event: InstallationEvent,
  now: Installation | undefined,
): Promise<boolean> {
  const { installationId } = event;
  const tenant = await deps.tenants.get(installationId);
  if (!now && tenant && tenant.status !== 'deleted') return false;
  if (tenant?.status === 'deleted') {
    const why = `The App was uninstalled from ${tenant.accountLogin}; install it and re-run the job.`;
    await refuseWaitingJobs(deps, installationId, () => reason('tenant-deleted', why));
    await deps.queues.sendToLifecycle({ kind: 'drain-tenant', installationId });
    return true;
  }
  await refuseRemoved(deps, event);
  // Even if nothing changed: whatever was refused for lack of it may be tried again at once.
  if (event.event === 'installation.new_permissions_accepted') {
    await deps.tenants.clearAttention(installationId);
  }
  if (event.event === 'installation.unsuspend' && tenant?.status === 'active') {
    await noteReturn(deps, installationId);
  }
  await pokeWaiting(deps, installationId);
  return true;
}

const iso = (deps: TenantDeps) => new Date(deps.clock.now()).toISOString();
