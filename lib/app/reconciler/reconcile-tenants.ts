/**
 * Visits the tenants in turn, as many as the time allows, and the next run goes on behind the last. A visit compares
 * the tenant's leases with its machines, and then, within an allowance of calls, its jobs and registrations with GitHub:
 * what frees or closes first, what lists last. A visit that fails holds up nobody else.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { askAboutTenant } from './ask-about-tenant.ts';
import { CallAllowance } from './call-allowance.ts';
import { logRepair } from './log-repair.ts';
import { reconcileJobs } from './reconcile-jobs.ts';
import { type OpenRows, readOpenRows, reconcileCaps, reconcileLeases } from './reconcile-leases.ts';
import { reconcileOrganizationRunners } from './reconcile-registrations.ts';
import {
  callsPerVisit,
  notesKeptSeconds,
  tenantsPerPage,
  visitingSeconds,
  visitsAtOnce,
} from './reconcile-settings.ts';
import { reconcileUnheardJobs } from './reconcile-unheard-jobs.ts';
import { marksOf, type Visit } from './tenant-visit.ts';

export const tenantsNote = 'reconcile/tenants';
export const visitNote = (installationId: InstallationId) => `reconcile/tenants/${installationId}`;

/** @returns what failed */
export async function reconcileTenants(deps: ReconcileDeps): Promise<unknown[]> {
  const begun = deps.clock.now();
  const note = (await deps.notes.read([tenantsNote], begun)).get(tenantsNote);
  let cursor = note?.value['cursor'] as string | undefined;
  const errors: unknown[] = [];
  const open = await readOpenRows(deps);
  await reconcileCaps(deps, open);
  // One time round at the most; a run that began in the middle leaves the first ones to the next.
  do {
    const page = await deps.tenants.listAcrossTenants({
      limit: tenantsPerPage,
      ...(cursor ? { cursor } : {}),
    });
    errors.push(...(await visitAll(deps, page.installationIds, open)));
    cursor = page.cursor;
    const expiresAt = deps.clock.now() + notesKeptSeconds * 1000;
    await deps.notes.write(tenantsNote, { value: cursor === undefined ? {} : { cursor }, expiresAt });
  } while (cursor !== undefined && deps.clock.now() < begun + visitingSeconds * 1000);
  return errors;
}

async function visitAll(
  deps: ReconcileDeps,
  ids: readonly InstallationId[],
  open: OpenRows,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (let start = 0; start < ids.length; start += visitsAtOnce) {
    const results = await Promise.allSettled(
      ids.slice(start, start + visitsAtOnce).map((installationId) => visit(deps, installationId, open)),
    );
    errors.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  }
  return errors;
}

async function visit(deps: ReconcileDeps, installationId: InstallationId, open: OpenRows): Promise<void> {
  const tenant = await deps.tenants.get(installationId);
  if (!tenant) return;
  const now = deps.clock.now();
  const name = visitNote(installationId);
  const marks = marksOf((await deps.notes.read([name], now)).get(name)?.value);
  const visiting: Visit = { tenant, calls: new CallAllowance(callsPerVisit), marks };
  try {
    const suspects = await reconcileLeases(deps, visiting, open);
    if (tenant.status === 'suspended' && tenant.suspendedBy === 'github') await askAboutTenant(deps, tenant);
    if (tenant.status === 'active') await compareWithGitHub(deps, visiting, suspects);
  } finally {
    const expiresAt = now + notesKeptSeconds * 1000;
    await deps.notes.write(name, { value: { ...marks }, expiresAt });
  }
}

async function compareWithGitHub(
  deps: ReconcileDeps,
  visiting: Visit,
  suspects: readonly Job[],
): Promise<void> {
  if (visiting.tenant.accountType === 'Organization') await reconcileOrganizationRunners(deps, visiting);
  await reconcileJobs(deps, visiting, suspects);
  const refusal = await reconcileUnheardJobs(deps, visiting);
  if (!refusal) return;
  await askAboutTenant(deps, visiting.tenant);
  // Turned away for want of a permission, it is asked about each time, and nothing is repaired by it.
  if (refusal.kind !== 'not-found') return;
  const { installationId } = visiting.tenant;
  const reason = `GitHub has no such installation: ${refusal.message}`;
  logRepair(deps, { kind: 'installation-asked', installationId, reason });
}
