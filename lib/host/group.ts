/**
 * Which runner group this host's runners join, and whether it admits more repositories than the host allows. Only GitHub
 * decides which job a runner gets, so if the group admits more than the list, the list protects nobody, and no runner
 * starts.
 */
import type { GitHubRefusal } from '../core/github.ts';
import type { RunnerGroup } from '../core/runner-group.ts';
import type { HostGitHub } from '../ports/host-github.ts';
import type { HostConfig } from './config.ts';
import { scopeName } from './runner.ts';

export type GroupFound =
  | { readonly ok: true; readonly groupId: number; readonly group?: RunnerGroup }
  /** What prevents runners from starting, and how to fix it. */
  | { readonly ok: false; readonly trouble: string; readonly retrySeconds: number };

/** After an owner fixes the group, runners start within this time. */
const retrySeconds = 60;

export async function findGroup(config: HostConfig, github: HostGitHub): Promise<GroupFound> {
  const { scope, group: name, allowedRepositories } = config;
  if (scope.kind === 'repository') return { ok: true, groupId: 1 };
  const { organization } = scope;
  if (name === undefined && allowedRepositories.length === 0) return { ok: true, groupId: 1 };
  const answer = await github.group(organization, name);
  if (!answer.ok) return refusedGroup(config, answer.refusal);
  const group = answer.value;
  const where = `https://github.com/organizations/${organization}/settings/actions/runner-groups`;
  if (!group) {
    return bad(
      `${organization} has no runner group named ${name}. An owner must create it at ${where}, or change RUNNER_GROUP.`,
    );
  }
  if (allowedRepositories.length === 0) return { ok: true, groupId: group.id, group };
  if (group.visibility !== 'selected' || group.selectedRepositoryIds === undefined) {
    return bad(
      `ALLOWED_REPOSITORIES is set, but the runner group ${group.name} admits other repositories too. Ask its owner to set ` +
        `“Repository access” to the selected ones at ${where}, or remove ALLOWED_REPOSITORIES.`,
    );
  }
  return onlyAllowed(config, { group, github, where });
}

async function onlyAllowed(
  { allowedRepositories }: HostConfig,
  { group, github, where }: { group: RunnerGroup; github: HostGitHub; where: string },
): Promise<GroupFound> {
  const answers = await Promise.all(allowedRepositories.map((name) => github.repository(name)));
  const ids = answers.flatMap((answer) => (answer.ok ? [answer.value.id] : []));
  const limited = answers.find((answer) => !answer.ok && answer.refusal.kind === 'limited');
  if (limited && !limited.ok) return bad(refusalText(limited.refusal), waitSeconds(limited.refusal));
  const others = (group.selectedRepositoryIds ?? []).filter((id) => !ids.includes(id));
  if (others.length === 0) return { ok: true, groupId: group.id, group };
  const those = others.length === 1 ? 'it' : 'them';
  const many = others.length === 1 ? 'a repository' : `${others.length} repositories`;
  return bad(
    `The runner group ${group.name} admits ${many} beyond ALLOWED_REPOSITORIES (by id: ${others.slice(0, 5).join(', ')}). ` +
      `Ask its owner to remove ${those} at ${where}, or add ${those} to ALLOWED_REPOSITORIES.`,
  );
}

function refusedGroup(config: HostConfig, refusal: GitHubRefusal): GroupFound {
  const text = `The runner groups of ${scopeName(config.scope)} cannot be read: ${refusalText(refusal)}`;
  return bad(text, waitSeconds(refusal));
}

const bad = (trouble: string, seconds = retrySeconds): GroupFound => ({
  ok: false,
  trouble,
  retrySeconds: seconds,
});

export const waitSeconds = (refusal: GitHubRefusal) =>
  refusal.kind === 'limited' ? refusal.retryAfterSeconds : retrySeconds;

export const refusalText = (refusal: GitHubRefusal) =>
  refusal.kind === 'limited'
    ? `GitHub's rate limit is used up; try again in ${refusal.retryAfterSeconds} s.`
    : `GitHub refused (${refusal.kind}: ${refusal.message.replace(/ - https?:\S+$/, '')}).`;
