/**
 * Calls GitHub about a job's repository by its last known name and, if GitHub does not find that, by its current one. An
 * account or a repository may be renamed while a job waits; GitHub may redirect from the old name or answer 404, and the
 * name may belong to somebody else by then. Only the id shows that a repository is gone.
 */
import type { GitHubRepository } from '../../core/github.ts';
import type { InstallationId, JobId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';

interface RepositoryDeps {
  readonly github: GitHub;
  readonly jobs: Pick<JobStore, 'rename'>;
}

/** Of a job, or of a question about one. */
export interface JobPlace {
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  readonly repository: string;
  readonly repositoryId?: number;
  readonly repositoryOwnerId?: number;
}

/** It may be renamed once more between the lookup and the call. */
const mostNames = 3;

/** not-found: GitHub has it neither under the name nor under the id. */
export async function inRepository<Value>(
  deps: RepositoryDeps,
  job: JobPlace,
  call: (repository: string) => Promise<Answer<Value>>,
): Promise<Answer<Value>> {
  let name = job.repository;
  for (let tries = 1; ; tries++) {
    const answer = await call(name);
    if (answer.ok && name !== job.repository) await deps.jobs.rename(job.installationId, job.jobId, name);
    if (answer.ok || answer.refusal.kind !== 'not-found') return answer;
    const now = await currentName(deps, job);
    if (!now.ok) return now.refusal.kind === 'not-found' ? answer : now;
    if (isSameName(now.value, name) || tries === mostNames) return answer;
    name = now.value;
  }
}

/** The current name of the job's repository, `owner/name`. not-found: it is gone, or was transferred to another account. */
export async function currentName({ github }: RepositoryDeps, job: JobPlace): Promise<Answer<string>> {
  const { installationId, repository, repositoryId } = job;
  if (repositoryId === undefined) {
    const installation = await github.getInstallation(installationId);
    if (!installation.ok) return installation;
    return { ok: true, value: `${installation.value.accountLogin}/${repository.split('/')[1]}` };
  }
  const found = await github.getRepository(installationId, repositoryId);
  if (!found.ok) return found;
  return transferred(job, found.value) ?? { ok: true, value: found.value.fullName };
}

/** Undefined: it belongs to the same account as before. */
function transferred(job: JobPlace, { fullName, ownerId }: GitHubRepository): Answer<never> | undefined {
  const { repositoryOwnerId } = job;
  if (repositoryOwnerId === undefined || ownerId === repositoryOwnerId) return undefined;
  const message = `${fullName} belongs to account ${ownerId} now, and belonged to ${repositoryOwnerId}`;
  return { ok: false, refusal: { kind: 'not-found', message } };
}

/**
 * GitHub shows a public job to everyone, also after its repository was transferred: no runner of the former owner gets it
 * then. One that was private when it was queued may be public by now; the repository is looked up only once a
 * machine was lost on it. Undefined: it was not transferred, or GitHub does not say.
 */
export async function transferredAway(
  { github }: RepositoryDeps,
  job: Job,
): Promise<Answer<never> | undefined> {
  const mayBePublic = job.visibility === 'public' || job.formerLease !== undefined;
  if (!mayBePublic || job.repositoryId === undefined) return undefined;
  const found = await github.getRepository(job.installationId, job.repositoryId);
  return found.ok ? transferred(job, found.value) : undefined;
}

export const isSameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
