/**
 * Decides whether a tenant's jobs can run: one row for each setting of the platform and of GitHub, with what was
 * found and how to fix it. Pure: what was read and what GitHub answered are passed in as plain data.
 */
import type { AppSettings } from '../../adapters/github/operator-github.ts';
import type { DrainFacts } from '../../app/insight/facts.ts';
import { guidanceOf } from '../../app/insight/guidance.ts';
import { judgeTenant } from '../../core/admission.ts';
import { howToAdd, missingInApp } from '../../core/app-needs.ts';
import { timeBetween } from '../../core/duration-text.ts';
import type { GitHubRepository, Installation } from '../../core/github.ts';
import type { RunnerGroup } from '../../core/runner-group.ts';
import { excludedBy, type GroupView } from '../../core/runner-group.ts';
import { levelNow, missingPermission } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Answer } from '../../ports/github.ts';
import { refusalText } from '../insight/github-of.ts';
import { failed, passed, type Row, skipped } from '../verify-report.ts';
import { groupFollows } from './kept-group.ts';

export interface Seen {
  readonly tenant: Tenant;
  /** Names of the configured tiers. */
  readonly tiers: readonly string[];
  /** The name of the group that its runners join; absent: the default one. */
  readonly groupName?: string;
  readonly app: Answer<AppSettings>;
  readonly installation: Answer<Installation>;
  /** The repositories that the installation can access, at most a thousand. */
  readonly repositories: Answer<readonly GitHubRepository[]>;
  /** GitHub's answers about some allowed repositories that are not among `repositories`, by id. */
  readonly unlisted: ReadonlyMap<number, Answer<GitHubRepository>>;
  /** Absent: runners register with repositories. */
  readonly group?: Answer<RunnerGroup | undefined>;
  /** The platform's webhook URL, and its answer to an unsigned request. */
  readonly endpoint: { readonly url: string; readonly status?: number; readonly fault?: string };
  /** The latest delivery to this installation. undefined: none is among those that were read. */
  readonly deliveries: Answer<LastDelivery | undefined>;
  /** By `owner/name`, of some of them. */
  readonly actions: ReadonlyMap<string, Answer<boolean>>;
  /** Absent: scale-up reads all queues. */
  readonly drain?: DrainFacts;
  readonly now: number;
}

interface LastDelivery {
  /** Epoch milliseconds. */
  readonly at: number;
  /** 0: it reached no server, or not in time. */
  readonly statusCode: number;
}

export function validateRows(seen: Seen): Row[] {
  return [
    ...drainRows(seen),
    settingsRow(seen),
    appRow(seen),
    installationRow(seen),
    permissionsRow(seen),
    ...groupRows(seen),
    ...repositoryRows(seen),
    webhookRow(seen),
    endpointRow(seen),
    deliveriesRow(seen),
    actionsRow(seen),
  ];
}

/** Nothing else matters as long as it lasts. */
const drainRows = ({ drain }: Seen): Row[] =>
  drain ? [failed('scale-up', drain.text, 'To start machines again: npx mayfly drain --resume')] : [];

function settingsRow({ tenant, tiers }: Seen): Row {
  const check = 'settings';
  const verdict = judgeTenant(tenant);
  if (verdict && verdict.kind !== 'admit' && verdict.reason.code !== 'permission-missing') {
    const { fix = '', next } = guidanceOf(verdict.reason.code, {
      tenant: tenant.accountLogin,
      tier: tenant.tier,
    });
    return failed(check, verdict.reason.text, fix || next);
  }
  const isStrange = (tier: string) => !tiers.includes(tier);
  const strange = [...new Set([tenant.tier, ...(tenant.allowedTiers ?? [])])].filter(isStrange);
  if (strange.length > 0) {
    const options = [
      ...(isStrange(tenant.tier) ? ['--plan TIER'] : []),
      ...(tenant.allowedTiers?.some(isStrange) ? ['--allowed-tiers LIST'] : []),
    ];
    const set = `npx mayfly tenant set ${tenant.accountLogin} ${options.join(' ')}`;
    return failed(
      check,
      `no tier is configured as ${list(strange)}`,
      `${set}; the tiers are ${tiers.join(', ')}.`,
    );
  }
  if (tenant.maxRunners < 1) {
    return failed(
      check,
      'max_runners is 0: no job starts',
      `npx mayfly tenant set ${tenant.accountLogin} --max-runners N`,
    );
  }
  return passed(
    check,
    `${tenant.status}, plan ${tenant.tier}, ${tenant.leases} of ${tenant.maxRunners} machines`,
  );
}

function appRow({ app }: Seen): Row {
  const check = 'App';
  if (!app.ok) {
    const key = 'Store a key that the App has: npx mayfly rotate-key --key FILE';
    return failed(check, refusalText(app), isLimited(app) ? later : key);
  }
  const missing = missingInApp(app.value);
  if (missing.length > 0) return failed(check, `it lacks: ${missing.join(' ')}`, howToAdd);
  return passed(check, `${app.value.name}: its key, permissions and events are correct`);
}

function installationRow({ tenant, installation }: Seen): Row {
  const check = 'installation';
  if (!installation.ok) {
    const again =
      'An owner must install the App again. If GitHub shows it as installed, another App is stored here.';
    const remedy = installation.refusal.kind === 'not-found' ? again : laterOr(installation);
    return failed(check, refusalText(installation), remedy);
  }
  const { accountId, accountLogin, suspended } = installation.value;
  if (suspended) {
    const how = 'An owner must unsuspend the App, under Settings → GitHub Apps → Configure.';
    return failed(check, `${accountLogin} has suspended the App`, how);
  }
  if (accountId !== tenant.accountId) {
    const how = "Do not edit this attribute of a tenant's row by hand. Correct account_id.";
    return failed(check, `GitHub says account ${accountId}, and the row says ${tenant.accountId}`, how);
  }
  const renamed = accountLogin === tenant.accountLogin ? '' : `, which was ${tenant.accountLogin}`;
  return passed(check, `${tenant.installationId} of ${accountLogin}${renamed}`);
}

function permissionsRow({ tenant, installation }: Seen): Row {
  const check = 'permissions';
  const now = installation.ok ? { ...tenant, permissions: installation.value.permissions } : tenant;
  const { level, isFallback } = levelNow(now);
  const missing = missingPermission(now);
  const source = installation.ok ? '' : ' (according to GitHub’s last answer)';
  if (missing) {
    const found = `runners register with the ${level}, which needs ${missing.name}: write; it is ${missing.given}${source}`;
    return failed(
      check,
      found,
      'An owner must accept the App’s permissions, under Settings → GitHub Apps → Configure.',
    );
  }
  const fallback = isFallback ? ', because the App may not register with the organization' : '';
  return passed(check, `runners register with the ${level}${fallback}${source}`);
}

function groupRows({ tenant, group, groupName, installation }: Seen): Row[] {
  const check = 'runner group';
  if (!group) return [];
  const login = installation.ok ? installation.value.accountLogin : tenant.accountLogin;
  const name = groupName ?? 'Default';
  if (!group.ok) {
    const named = `; or the operator must name no group: npx mayfly tenant set ${tenant.accountLogin} --group default`;
    const how = `An owner must give the App Self-hosted runners: read and write${groupName === undefined ? '' : named}`;
    const found = `GitHub does not show the groups of ${login}: ${refusalText(group)}`;
    // Without the installation nothing is shown: the cause is in an earlier line, and the group's settings are not it.
    return [failed(check, found, installation.ok && !isLimited(group) ? how : laterOr(group))];
  }
  if (group.value) {
    const { visibility, allowsPublicRepositories } = group.value;
    const open = allowsPublicRepositories ? 'and public repositories' : 'and no public repository';
    return [passed(check, `${name}: ${words[visibility]} ${open}`)];
  }
  const how = `An owner must create it under Settings → Actions → Runner groups, or the operator must name another: npx mayfly tenant set ${tenant.accountLogin} --group NAME`;
  return [failed(check, `${login} has no group named ${name}`, how)];
}

const words = {
  all: 'all repositories',
  private: 'private repositories',
  selected: 'selected repositories',
} as const satisfies Record<RunnerGroup['visibility'], string>;

function repositoryRows(seen: Seen): Row[] {
  const { repositories, tenant } = seen;
  const check = 'repositories';
  if (!repositories.ok) return [failed(check, refusalText(repositories), laterOr(repositories))];
  const reached = repositories.value;
  if (reached.length === 0) {
    return [
      failed(
        check,
        'the installation has no repositories',
        'An owner must add repositories to the installation.',
      ),
    ];
  }
  const { allowedRepositories } = tenant;
  const used = reached.filter(({ id }) => allowedRepositories?.includes(id) ?? true);
  const count = `${used.length} of the installation’s ${reached.length} may run jobs`;
  const faults = [...unknownRows(seen, reached), ...unreachedRows(seen, reached)];
  return [...(faults.length > 0 ? faults : [passed(check, count)]), ...admittedRows(seen, used)];
}

/** The id was mistyped, or the repository is gone. It never sends a job, and a kept group leaves it out. */
function unknownRows({ tenant, unlisted }: Seen, reached: readonly GitHubRepository[]): Row[] {
  const isUnknown = (id: number) => {
    const answer = unlisted.get(id);
    return answer !== undefined && !answer.ok && answer.refusal.kind === 'not-found';
  };
  const ids = unreachedIds(tenant, reached).filter(isUnknown);
  if (ids.length === 0) return [];
  const others = (tenant.allowedRepositories ?? []).filter((id) => !ids.includes(id));
  const found = `the allowed ones are ${list(ids)}, and GitHub shows the App no repository of ${ids.length === 1 ? 'this id' : 'these ids'}`;
  const how = `Remove ${ids.length === 1 ? 'it' : 'them'} from the list: npx mayfly tenant set ${tenant.accountLogin} --repositories ${others.join(',') || 'none'}. If a repository exists, an owner must add it to the installation.`;
  return [failed('repositories unknown', found, how)];
}

/**
 * Allowed repositories that exist on GitHub, or about which GitHub did not answer, but that the installation cannot
 * access.
 */
function unreachedRows(seen: Seen, reached: readonly GitHubRepository[]): Row[] {
  const { tenant, unlisted } = seen;
  const ids = unreachedIds(tenant, reached).filter((id) => {
    const answer = unlisted.get(id);
    return answer === undefined || answer.ok || answer.refusal.kind !== 'not-found';
  });
  if (ids.length === 0) return [];
  const names = ids.map((id) => {
    const answer = unlisted.get(id);
    return answer?.ok ? `${answer.value.fullName} (${id})` : id;
  });
  const how = `An owner must add them to the installation, or: npx mayfly tenant set ${tenant.accountLogin} --repositories LIST`;
  return [
    failed(
      'repositories',
      `the allowed ones are ${list(names)}, to which the installation has no access`,
      how,
    ),
  ];
}

export const unreachedIds = ({ allowedRepositories = [] }: Tenant, reached: readonly GitHubRepository[]) =>
  allowedRepositories.filter((id) => !reached.some((one) => one.id === id));

/** Public repositories separately, because another setting excludes them. */
function admittedRows({ tenant, group, groupName }: Seen, used: readonly GitHubRepository[]): Row[] {
  const open = used.filter(({ visibility }) => visibility === 'public');
  const view: GroupView = {
    ...(groupName === undefined ? {} : { name: groupName }),
    ...(group?.ok && group.value ? { standing: { kind: 'found', group: group.value } } : {}),
  };
  const isOut = (repository: GitHubRepository) =>
    view.standing !== undefined && excludedBy(view, tenant.accountLogin, asJob(repository)) !== undefined;
  const out = used.filter((one) => one.visibility !== 'public' && isOut(one));
  const publicOut = open.filter(isOut);
  const setting = `Settings → Actions → Runner groups → ${groupName ?? 'Default'}`;
  return [
    ...(group?.ok && group.value
      ? [
          out.length === 0
            ? passed('admitted by the group', 'every repository that is not public')
            : failed(
                'admitted by the group',
                `not ${list(out.map(({ fullName }) => fullName))}`,
                tenant.keepsRunnerGroup && group.value.visibility === 'selected'
                  ? groupFollows
                  : `An owner must add them to “Repository access”, under ${setting}.`,
              ),
        ]
      : []),
    publicRow(tenant, open, { publicOut, setting }),
  ];
}

function publicRow(
  tenant: Tenant,
  open: readonly GitHubRepository[],
  { publicOut, setting }: { publicOut: readonly GitHubRepository[]; setting: string },
): Row {
  const check = 'public repositories';
  const names = list(open.map(({ fullName }) => fullName));
  if (open.length === 0) return passed(check, 'there are none');
  if (tenant.allowPublicRepositories === false) {
    return passed(check, `${names}: refused by the operator’s setting (allow_public_repositories)`);
  }
  if (publicOut.length === 0) return passed(check, `${names}: admitted`);
  const how = `An owner must check “Allow public repositories” under ${setting}, which lets strangers’ pull requests run there. Or refuse the jobs of public repositories: npx mayfly tenant set ${tenant.accountLogin} --public refuse`;
  return failed(
    check,
    `the group gives no machine to ${list(publicOut.map(({ fullName }) => fullName))}`,
    how,
  );
}

/** As much of a job as the group's rules look at. */
const asJob = ({ id, fullName, visibility }: GitHubRepository) => ({
  repository: fullName,
  repositoryId: id,
  visibility,
});

function webhookRow({ app, endpoint }: Seen): Row {
  const check = 'webhook address';
  if (!app.ok) return skipped(check, 'GitHub did not show the App', '');
  const { webhookUrl } = app.value;
  const same = withoutSlash(webhookUrl) === withoutSlash(endpoint.url);
  if (same) return passed(check, webhookUrl);
  const how = `npx mayfly rotate-webhook-secret sets address and secret, or enter ${endpoint.url} on the App’s settings page.`;
  return failed(
    check,
    webhookUrl === '' ? 'the App has none, or it is not active' : `the App’s webhook URL is ${webhookUrl}`,
    how,
  );
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

/** The platform answers an unsigned request with 401, which shows that it is there. */
function endpointRow({ endpoint }: Seen): Row {
  const check = 'webhook reachable';
  if (endpoint.status === 401) return passed(check, 'it refuses requests without a signature');
  const found = endpoint.fault ?? `it answered ${endpoint.status} to a request without a signature`;
  return failed(
    check,
    found,
    'See the log of the webhook function, and the runbook’s articles no-webhooks and function-throttles.',
  );
}

function deliveriesRow({ deliveries, now }: Seen): Row {
  const check = 'recent webhooks';
  if (!deliveries.ok) return skipped(check, refusalText(deliveries), '');
  const last = deliveries.value;
  if (!last) return passed(check, "none is among GitHub's latest 500 deliveries");
  const { at, statusCode } = last;
  if (statusCode >= 200 && statusCode < 400) return passed(check, `the last one arrived ${ago(now, at)}`);
  const what =
    statusCode === 0 ? 'the platform did not answer in time' : `the platform answered ${statusCode}`;
  const how =
    statusCode === 401
      ? 'The secrets differ: npx mayfly rotate-webhook-secret sets both.'
      : 'The reconciler has GitHub redeliver failed deliveries. See the runbook’s article webhooks-failed.';
  return failed(check, `the last one failed ${ago(now, at)} (${what})`, how);
}

function actionsRow({ actions, repositories }: Seen): Row {
  const check = 'Actions';
  const answers = [...actions];
  const off = answers.filter(([, answer]) => answer.ok && !answer.value).map(([name]) => name);
  if (off.length > 0) {
    return failed(
      check,
      `turned off in ${list(off)}`,
      'An owner must turn it on: Settings → Actions → General of the repository.',
    );
  }
  if (!repositories.ok) return skipped(check, 'GitHub does not list the repositories', '');
  const known = answers.filter(([, answer]) => answer.ok).length;
  const all = repositories.value.length;
  if (known > 0)
    return passed(
      check,
      `on in ${known === all ? 'every repository' : `${known} of ${all} repositories; the others were not checked`}`,
    );
  return skipped(check, 'the App may not see this: it needs Administration: read of repositories', '');
}

const isLimited = <Value>(answer: Answer<Value>) => !answer.ok && answer.refusal.kind === 'limited';

const later = 'Ask again later.';

/** For what GitHub refuses to an App that is not known, or whose installation is suspended. */
const laterOr = <Value>(answer: Answer<Value>) =>
  isLimited(answer) ? later : 'First fix what failed above. If nothing did, ask again later.';

const ago = (now: number, at: number) => `${timeBetween(at, now)} ago`;

/** The first five. */
function list(items: readonly (string | number)[]): string {
  const left = items.length - 5;
  return left > 0 ? `${items.slice(0, 5).join(', ')} and ${left} more` : items.join(', ');
}
