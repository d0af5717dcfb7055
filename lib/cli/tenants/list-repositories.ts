/** The repositories that an installation of the App can access, up to the number that a command reads. */
import type { GitHubRepository } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Answer, GitHub } from '../../ports/github.ts';

/** A hundred each. In an installation with more repositories, name them by id. */
const mostPages = 50;

export async function listRepositories(
  platform: Pick<GitHub, 'listRepositories'>,
  installationId: InstallationId,
): Promise<Answer<GitHubRepository[]>> {
  const found: GitHubRepository[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await platform.listRepositories(installationId, cursor);
    if (!answer.ok) return answer;
    found.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (cursor === undefined) break;
  }
  return { ok: true, value: found };
}
