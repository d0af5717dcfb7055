/**
 * The GitHub id of a hypothetical job's repository. Scopes and exemptions name repositories by id, so without it a job
 * would seem to be outside all of them. GitHub is asked only if one of the controllers names a repository.
 */
import type { Controller } from '../../core/controllers/controller.ts';
import type { Tenant } from '../../core/tenant.ts';
import { type Faulty, faulty } from './fault.ts';
import { mostPages, refused, type TargetDeps } from './find-targets.ts';
import type { SyntheticJob } from './try-job.ts';

export async function withRepositoryId(
  { github }: Pick<TargetDeps, 'github'>,
  { installationId }: Tenant,
  { job, controllers }: { readonly job: SyntheticJob; readonly controllers: readonly Controller[] },
): Promise<SyntheticJob | Faulty> {
  const { name, id, visibility } = job.repository;
  if (id !== undefined || !controllers.some(namesRepositories)) return job;
  let cursor: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    const answer = await github.listRepositories(installationId, cursor);
    if (!answer.ok) return answer.refusal.kind === 'limited' ? refused(answer.refusal) : notKnown(name);
    const found = answer.value.items.find(({ fullName }) => fullName.toLowerCase() === name.toLowerCase());
    if (found) {
      const { fullName } = found;
      const repository = { name: fullName, id: found.id, visibility: visibility ?? found.visibility };
      return { ...job, repository };
    }
    cursor = answer.value.cursor;
    if (cursor === undefined) break;
  }
  return notKnown(name);
}

function notKnown(name: string): Faulty {
  const text = `GitHub lists no repository ${name} of the installation, and some controllers are about single repositories. Correct the name, or give the repository's id too.`;
  return faulty('invalid', 'no-such-repository', text, { field: 'repository' });
}

const namesRepositories = ({ scopes, exemptRepositories }: Controller): boolean =>
  exemptRepositories.length > 0 || scopes.some(({ target }) => 'repositoryId' in target);
