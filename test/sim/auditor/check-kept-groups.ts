/**
 * A runner group that the platform maintains: each change is on record before it is made, and once all faults have
 * stopped it contains exactly the repositories that the operator allows.
 */
import type { Ledger, Note } from './ledger.ts';

/** Three visits of the reconciler. */
const longestSeconds = 1_000;

export interface GroupChange {
  readonly repositoryId: number;
  readonly isAdmitted: boolean;
}

export function checkKept(
  { rows }: Ledger,
  installationId: number,
  { repositoryId, isAdmitted }: GroupChange,
  note: Note,
): void {
  const isRecorded = [...rows.groupChanges.values()].some(
    ({ installationId: id, before, after }) =>
      id === installationId &&
      before.includes(repositoryId) !== isAdmitted &&
      after.includes(repositoryId) === isAdmitted,
  );
  if (!isRecorded)
    note(
      'group-change-unrecorded',
      `the group of ${installationId} changed for ${repositoryId} without an audit record`,
    );
}

/** Called each minute after the faults have stopped. */
export function createKeptCheck(ledger: Ledger, note: Note): () => void {
  const since = new Map<number, number>();
  return () => {
    const differing = new Set(outOfStep(ledger));
    for (const tenant of differing) {
      if (!since.has(tenant)) since.set(tenant, ledger.now());
      const seconds = (ledger.now() - since.get(tenant)!) / 1000;
      if (seconds > longestSeconds)
        note('group-differs', `the group of ${tenant} has differed from its list for ${seconds} s`);
    }
    for (const tenant of since.keys()) if (!differing.has(tenant)) since.delete(tenant);
  };
}

function outOfStep({ keptGroups, rows, limitedUntil, now }: Ledger): number[] {
  return [...keptGroups].flatMap(({ installationId, suspended, group }) => {
    const tenant = rows.tenants.get(installationId as never);
    if (tenant?.status !== 'active' || suspended || now() < limitedUntil(tenant.installationId)) return [];
    if (!tenant.keepsRunnerGroup || tenant.runnerGroup !== group.now.name) return [];
    const wanted = JSON.stringify(tenant.allowedRepositories?.toSorted());
    const is = JSON.stringify(group.now.selectedRepositoryIds?.toSorted());
    return wanted === is ? [] : [tenant.installationId];
  });
}
