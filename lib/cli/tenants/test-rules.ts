/** Decides whether jobs of one repository would run, from what was read and what GitHub answered, as rows. Pure. */
import type { JobDetails, RepositoryDetails } from '../../adapters/github/operator-github.ts';
import { nearestTier } from '../../app/insight/explain-unheard.ts';
import { guidanceOf } from '../../app/insight/guidance.ts';
import { judgeTenant } from '../../core/admission.ts';
import { isSelfHosted, tierFor } from '../../core/labels.ts';
import { excludedBy, type GroupView, mayflyAdds } from '../../core/runner-group.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Tier } from '../../core/tier.ts';
import type { Answer } from '../../ports/github.ts';
import { refusalText } from '../insight/github-of.ts';
import { failed, passed, type Row, skipped } from '../verify-report.ts';
import { groupFollows } from './kept-group.ts';

export interface Tested {
  /** `owner/name`. */
  readonly name: string;
  readonly tenant: Tenant;
  readonly tiers: readonly Tier[];
  readonly repository: Answer<RepositoryDetails>;
  readonly group: GroupView;
  readonly isActionsOn: Answer<boolean>;
  /** Of its latest runs. */
  readonly jobs: Answer<readonly JobDetails[]>;
}

export function testRows(tested: Tested): Row[] {
  const { repository, name } = tested;
  if (!repository.ok) {
    const how = 'Check the name, or have an owner add it to the installation of the App.';
    return [failed(`${name} reachable`, refusalText(repository), how)];
  }
  return [
    reachableRow(name, repository.value),
    allowedRow(tested, repository.value),
    admittedRow(tested, repository.value),
    actionsRow(tested),
    labelsRow(tested),
  ];
}

function reachableRow(name: string, { fullName, visibility, archived }: RepositoryDetails): Row {
  const check = `${name} reachable`;
  if (archived) return failed(check, 'it is archived: nothing runs there', 'An owner must unarchive it.');
  const renamed = fullName.toLowerCase() === name.toLowerCase() ? '' : `, now ${fullName}`;
  return passed(check, `${visibility}${renamed}`);
}

function allowedRow({ name, tenant }: Tested, { id, visibility }: RepositoryDetails): Row {
  const check = `${name} allowed`;
  const verdict = judgeTenant(tenant);
  if (verdict && verdict.kind !== 'admit') {
    const { fix = '', next } = guidanceOf(verdict.reason.code, about(tenant));
    return failed(check, verdict.reason.text, fix || next);
  }
  const set = `npx mayfly tenant set ${tenant.accountLogin}`;
  if (tenant.allowedRepositories && !tenant.allowedRepositories.includes(id)) {
    return failed(check, `its id, ${id}, is not among the allowed ones`, `${set} --repositories LIST`);
  }
  if (tenant.allowPublicRepositories === false && visibility === 'public') {
    return failed(
      check,
      'it is public, and the operator allows no public repositories',
      `${set} --public github`,
    );
  }
  return passed(check, 'by the operator');
}

function admittedRow({ name, tenant, group }: Tested, repository: RepositoryDetails): Row {
  const check = `${name} admitted`;
  if (group.standing === undefined)
    return skipped(check, 'runners have no group, or GitHub does not show it', '');
  const { id, fullName, visibility } = repository;
  const job = { repository: fullName, repositoryId: id, visibility };
  const excluded = excludedBy(group, tenant.accountLogin, job);
  if (!excluded) return passed(check, `by the runner group ${group.name ?? 'Default'}`);
  const isComing =
    excluded.reason.code === 'repository-not-in-group' && mayflyAdds(tenant, { group, repositoryId: id });
  const how = isComing ? groupFollows : excluded.reason.text;
  return failed(check, `not by the runner group ${group.name ?? 'Default'}`, how);
}

const about = ({ accountLogin, tier }: Tenant) => ({ tenant: accountLogin, tier });

function actionsRow({ name, isActionsOn }: Tested): Row {
  const check = `${name} Actions`;
  if (!isActionsOn.ok) return skipped(check, 'the App may not see whether it is on', '');
  if (isActionsOn.value) return passed(check, 'on');
  return failed(
    check,
    'switched off',
    'An owner must turn it on: Settings → Actions → General of the repository.',
  );
}

/** Judged by the jobs of its latest runs, because the App may not read the workflows themselves. */
function labelsRow({ name, tenant, jobs, tiers }: Tested): Row {
  const check = `${name} labels`;
  if (!jobs.ok) return skipped(check, refusalText(jobs), '');
  const asked = [...new Map(jobs.value.map(({ labels }) => [[...labels].sort().join(), labels])).values()];
  const own = asked.filter((labels) => isSelfHosted(labels) || tierFor(labels, tiers));
  const lost = own.find((labels) => !tierFor(labels, tiers));
  if (lost) {
    const near = nearestTier(lost, tiers);
    const how = `runs-on: [${near?.tier.labels.join(', ') ?? ''}] is the nearest tier; it lacks ${near?.missing.join(', ')}.`;
    return failed(check, `a job asked for [${lost.join(', ')}], which no tier has`, how);
  }
  const routed = [...new Set(own.flatMap((labels) => tierFor(labels, tiers)?.name ?? []))];
  const barred = routed.find((tier) => tenant.allowedTiers && !tenant.allowedTiers.includes(tier));
  if (barred !== undefined) {
    const { fix = '' } = guidanceOf('tier-not-allowed', { tenant: tenant.accountLogin, tier: barred });
    return failed(check, `its latest jobs go to ${barred}, which ${tenant.accountLogin} may not use`, fix);
  }
  if (routed.length > 0) return passed(check, `its latest jobs go to ${routed.join(', ')}`);
  const found =
    asked.length === 0 ? 'no job ran there lately' : 'its latest jobs ask for no runner of this platform';
  return skipped(check, found, '');
}
