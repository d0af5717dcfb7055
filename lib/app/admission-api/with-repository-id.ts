/**
 * The GitHub id of a hypothetical job's repository. Scopes and exemptions name repositories by id, so without it a job
 * would seem to be outside all of them. GitHub is asked only if one of the controllers names a repository.
 */
import type { Controller } from '../../core/controllers/controller.ts';
import type { RepositoryVisibility } from '../../core/github.ts';
import type { Tenant } from '../../core/tenant.ts';
import { type Faulty, faulty } from './fault.ts';
import { findListed } from './find-listed.ts';
import { refused, type TargetDeps } from './find-targets.ts';

/** The repository of a hypothetical job. */
export interface TriedRepository {
  /** `owner/name`. */
  readonly name: string;
  readonly id?: number;
  readonly visibility?: RepositoryVisibility;
}

export async function withRepositoryId(
  { github }: Pick<TargetDeps, 'github'>,
  { installationId }: Tenant,
  { given, controllers }: { readonly given: TriedRepository; readonly controllers: readonly Controller[] },
): Promise<TriedRepository | Faulty> {
  const { name, id, visibility } = given;
  if (id !== undefined || !controllers.some(namesRepositories)) return given;
  const answer = await findListed(
    github,
    installationId,
    ({ fullName }) => fullName.toLowerCase() === name.toLowerCase(),
  );
  if (!answer.ok) return answer.refusal.kind === 'limited' ? refused(answer.refusal) : notListed(name);
  const { repository } = answer.value;
  if (!repository) return notKnown(name);
  return {
    name: repository.fullName,
    id: repository.id,
    visibility: visibility ?? repository.visibility,
  };
}

function notKnown(name: string): Faulty {
  const text = `GitHub lists no repository ${name} of the installation, and some controllers are about single repositories. Correct the name, or give the repository's id too.`;
  return faulty('invalid', 'no-such-repository', text, { field: 'repository' });
}

/** The installation is suspended, say, or the App lacks a permission. */
function notListed(name: string): Faulty {
  const text = `GitHub refused to list the repositories of the installation, and some controllers are about single repositories. Check that the App is installed and not suspended, or give the id of ${name} too.`;
  return faulty('invalid', 'repositories-not-listed', text, { field: 'repository' });
}

const namesRepositories = ({ scopes, exemptRepositories }: Controller): boolean =>
  exemptRepositories.length > 0 || scopes.some(({ target }) => 'repositoryId' in target);
