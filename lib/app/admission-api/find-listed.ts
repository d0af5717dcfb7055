/** A repository in GitHub's list of those that an installation may access. */
import type { GitHubRepository } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Answer, GitHub } from '../../ports/github.ts';

/** Of a hundred repositories each. */
const mostPages = 10;

interface Listed {
  readonly repository?: GitHubRepository;
  /** Whether all pages before it were read: otherwise the list may still have it. */
  readonly isWhole: boolean;
}

export async function findListed(
  github: Pick<GitHub, 'listRepositories'>,
  installationId: InstallationId,
  isWanted: (repository: GitHubRepository) => boolean,
): Promise<Answer<Listed>> {
  let cursor: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    const answer = await github.listRepositories(installationId, cursor);
    if (!answer.ok) return answer;
    const repository = answer.value.items.find(isWanted);
    if (repository) return { ok: true, value: { repository, isWhole: true } };
    cursor = answer.value.cursor;
    if (cursor === undefined) return { ok: true, value: { isWhole: true } };
  }
  return { ok: true, value: { isWhole: false } };
}
