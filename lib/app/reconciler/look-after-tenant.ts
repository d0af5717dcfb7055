/**
 * A visit to a tenant compares its leases with its machines. Then, within an allowance of calls, it compares jobs and
 * registrations with GitHub: first what frees or closes something, last what only lists. Each part stands alone: one that
 * fails at every visit must not hide the tenant's lost jobs.
 */
import type { Job } from '../../core/job.ts';
import { levelNow, mayHaveOrganizationRunners, missingPermission } from '../../core/runner-level.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { askAboutTenant } from './ask-about-tenant.ts';
import { compareRunningDay } from './compare-running-day.ts';
import { dropLostScopes } from './drop-lost-scopes.ts';
import { keepGroup } from './keep-group.ts';
import { logRepair } from './log-repair.ts';
import { reconcileJobs } from './reconcile-jobs.ts';
import { type OpenRows, reconcileLeases } from './reconcile-leases.ts';
import { reconcileOrganizationRunners } from './reconcile-registrations.ts';
import { reconcileUnheardJobs } from './reconcile-unheard-jobs.ts';
import type { Visit } from './tenant-visit.ts';

/** @throws what failed, after every other part was done */
export async function lookAfterTenant(deps: ReconcileDeps, visiting: Visit, open: OpenRows): Promise<void> {
  const { tenant } = visiting;
  const errors: unknown[] = [];
  const attempt: Attempt = (part) => part.catch((error: unknown) => void errors.push(error));
  const suspects = await attempt(reconcileLeases(deps, visiting, open));
  await attempt(compareRunningDay(deps, visiting));
  if (tenant.status === 'suspended' && tenant.suspendedBy === 'github')
    await attempt(askAboutTenant(deps, tenant));
  if (tenant.status === 'active')
    await compareWithGitHub(deps, visiting, { suspects: suspects ?? [], attempt });
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
}

/** Resolves with undefined if the part failed. */
type Attempt = <Result>(part: Promise<Result>) => Promise<Result | undefined>;

async function compareWithGitHub(
  deps: ReconcileDeps,
  visiting: Visit,
  { suspects, attempt }: { readonly suspects: readonly Job[]; readonly attempt: Attempt },
): Promise<void> {
  const { tenant } = visiting;
  // Its owners' new permissions may have gone unreported, and would let it have its machines, or have them at the right
  // level.
  if (missingPermission(tenant) || levelNow(tenant).isFallback) await attempt(askAboutTenant(deps, tenant));
  if (mayHaveOrganizationRunners(tenant)) await attempt(reconcileOrganizationRunners(deps, visiting));
  await attempt(keepGroup(deps, visiting));
  await attempt(dropLostScopes(deps, visiting));
  await attempt(reconcileJobs(deps, visiting, suspects));
  await attempt(findUnheardJobs(deps, visiting));
}

async function findUnheardJobs(deps: ReconcileDeps, visiting: Visit): Promise<void> {
  const { tenant } = visiting;
  const refusal = await reconcileUnheardJobs(deps, visiting);
  if (!refusal) return;
  await askAboutTenant(deps, tenant);
  // Refused for a missing permission, it is asked about each time, which repairs nothing.
  if (refusal.kind !== 'not-found') return;
  const { installationId } = tenant;
  const reason = `GitHub has no such installation: ${refusal.message}`;
  logRepair(deps, { kind: 'installation-asked', installationId, reason });
}
