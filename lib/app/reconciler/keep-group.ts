/**
 * Keeps the repositories of a tenant's runner group equal to the tenant's `allowed_repositories`, if the operator wants
 * that (`tenant set --create-group`). It creates no group, and changes only groups for selected repositories. Each change
 * is recorded before it is made, so that a crash in between leaves an extra record, never a change without one.
 */
import type { RunnerGroup } from '../../core/runner-group.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { ReconcileDeps } from '../common/deps.ts';
import { groupNameOf } from '../common/runner-groups.ts';
import { groupChangesPerVisit } from './reconcile-settings.ts';
import type { Visit } from './tenant-visit.ts';

export async function keepGroup(deps: ReconcileDeps, { tenant, calls }: Visit): Promise<void> {
  const { installationId, accountLogin, allowedRepositories: wanted } = tenant;
  const name = groupNameOf(deps, tenant);
  const isKept = tenant.keepsRunnerGroup && levelNow(tenant).level === 'organization';
  if (!isKept || name === undefined || wanted === undefined) return;
  // Its groups, and the one's repositories.
  const asked = () => deps.github.getRunnerGroup(installationId, accountLogin, name);
  const answer = await calls.ask(asked, 2);
  if (!answer?.ok) return;
  const group = answer.value;
  if (group?.visibility !== 'selected' || group.selectedRepositoryIds === undefined) {
    const why =
      group === undefined ? 'missing' : group.visibility === 'selected' ? 'too-large' : 'not-selected';
    deps.telemetry.event('warn', 'group-not-kept', { installationId, group: name, why });
    return;
  }
  if (await bringInStep(deps, { tenant, calls }, { ...group, wanted }))
    await deps.queues.sendToInstallations({ kind: 'look-at-group', installationId });
}

/** @returns whether anything was changed */
async function bringInStep(
  { audit, github, clock, telemetry }: ReconcileDeps,
  { tenant, calls }: Pick<Visit, 'tenant' | 'calls'>,
  {
    id: groupId,
    name: group,
    selectedRepositoryIds: before = [],
    wanted,
  }: RunnerGroup & { wanted: readonly number[] },
): Promise<boolean> {
  const { installationId, accountLogin: login } = tenant;
  const missing = wanted.filter((id) => !before.includes(id)).map((id) => [id, true] as const);
  const extra = before.filter((id) => !wanted.includes(id)).map((id) => [id, false] as const);
  const changes = [...missing, ...extra].slice(0, groupChangesPerVisit);
  if (changes.length === 0) return false;
  const at = new Date(clock.now()).toISOString();
  await audit.recordGroupChange({ installationId, login, at, group, before, after: wanted });
  let changed = 0;
  for (const [repositoryId, isAdmitted] of changes) {
    const change = { groupId, repositoryId, isAdmitted };
    const answer = await calls.ask(() => github.admitToGroup(installationId, login, change));
    if (!answer) break;
    if (answer.ok) changed += 1;
    else
      telemetry.event('warn', 'group-not-kept', {
        installationId,
        group,
        repositoryId,
        why: answer.refusal.kind,
      });
  }
  telemetry.event('info', 'group-kept-in-step', { installationId, group, changed });
  return changed > 0;
}
