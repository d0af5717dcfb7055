/**
 * Whether a runner of this host would serve each of these repositories, according to GitHub's data about them and about
 * the group.
 */
import { excludedBy } from '../core/runner-group.ts';
import type { HostGitHub } from '../ports/host-github.ts';
import type { HostConfig } from './config.ts';
import { refusalText } from './group.ts';
import { scopeName } from './runner.ts';

export interface TestedRepository {
  readonly repository: string;
  readonly isServed: boolean;
  readonly text: string;
}

export async function testRepositories(
  github: HostGitHub,
  config: HostConfig,
  repositories: readonly string[],
): Promise<TestedRepository[]> {
  const tested: TestedRepository[] = [];
  for (const repository of repositories) {
    tested.push({ repository, ...(await testRepository(github, config, repository)) });
  }
  return tested;
}

async function testRepository(
  github: HostGitHub,
  { scope, group: name }: HostConfig,
  fullName: string,
): Promise<Omit<TestedRepository, 'repository'>> {
  const found = await github.repository(fullName);
  if (!found.ok) return { isServed: false, text: `cannot be reached: ${refusalText(found.refusal)}` };
  const { id, visibility } = found.value;
  if (scope.kind === 'repository') {
    const isOwn = scopeName(scope).toLowerCase() === found.value.fullName.toLowerCase();
    return isOwn
      ? served(visibility)
      : { isServed: false, text: `runners here serve only ${scopeName(scope)}` };
  }
  const [owner = ''] = found.value.fullName.split('/');
  if (owner.toLowerCase() !== scope.organization.toLowerCase()) {
    return { isServed: false, text: `belongs to ${owner}, and runners here to ${scope.organization}` };
  }
  const answer = await github.group(scope.organization, name);
  const view = {
    ...(name === undefined ? {} : { name }),
    standing: !answer.ok
      ? ({ kind: 'unreadable' } as const)
      : answer.value
        ? ({ kind: 'found', group: answer.value } as const)
        : ({ kind: 'missing' } as const),
  };
  if (!answer.ok)
    return { isServed: false, text: `its group cannot be read: ${refusalText(answer.refusal)}` };
  const job = { repository: found.value.fullName, repositoryId: id, visibility };
  const excluded = excludedBy(view, scope.organization, job);
  return excluded ? { isServed: false, text: excluded.reason.text } : served(visibility);
}

const served = (visibility: string) => ({
  isServed: true,
  text:
    visibility === 'public'
      ? 'served; it is public: anyone who opens a pull request can run code here'
      : 'served',
});
