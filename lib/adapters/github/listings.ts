/**
 * What GitHub lists: repositories, runs and their jobs, runners, deliveries. A page has at most 100 entries; the caller
 * decides how many pages are worth their calls. Only `redeliver` changes anything.
 */
import type {
  GitHubRepository,
  ListedJob,
  RepositoryVisibility,
  RunAbout,
  RunnerScope,
  WebhookDelivery,
} from '../../core/github.ts';
import { type InstallationId, JobId } from '../../core/ids.ts';
import type { Answer, GitHub, Page } from '../../ports/github.ts';
import type { AppClient, Parameters } from './app-client.ts';
import { type Ask, jobOf, level } from './calls.ts';

type Listings = Pick<
  GitHub,
  | 'getRun'
  | 'getRepository'
  | 'listRepositories'
  | 'listRuns'
  | 'listRunJobs'
  | 'listRunners'
  | 'listDeliveries'
  | 'redeliver'
>;

/** GitHub's own limit. */
const pageSize = 100;
const readActions = { permissions: { actions: 'read' } } as const;
/**
 * GitHub's documents do not describe `GET /repositories/{id}`; it is where GitHub redirects requests for a repository's
 * former name, and what the `url` fields of moved repositories contain. Nothing else is requested by id.
 */
const readMetadata = { permissions: { metadata: 'read' } } as const;

export function createListings(dependencies: {
  readonly ask: Ask;
  readonly client: AppClient;
  readonly answered: <Value>(effect: () => Promise<Value>) => Promise<Answer<Value>>;
}): Listings {
  const { ask, client, answered } = dependencies;
  const read = (installationId: InstallationId, route: string, parameters: Parameters) =>
    ask(installationId, readActions, [route, { per_page: pageSize, ...parameters }]);
  const inRepository = (
    installationId: InstallationId,
    repository: string,
    call: { path: string; parameters?: Parameters },
  ) => {
    const [owner, repo] = repository.split('/');
    const route = `GET /repos/{owner}/{repo}/actions/runs${call.path}`;
    return read(installationId, route, { owner, repo, ...call.parameters });
  };

  return {
    getRun: (installationId, repository, runId) =>
      answered(async () => {
        const [owner, repo] = repository.split('/');
        const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}';
        const run = await ask(installationId, readActions, [route, { owner, repo, run_id: runId }]);
        return { ...runOf(run), about: aboutOf(run as RunShape) };
      }),
    listRepositories: (installationId, cursor) =>
      answered(async () => {
        const answer = await read(installationId, 'GET /installation/repositories', pageOf(cursor));
        const { repositories } = answer as { repositories: RepositoryShape[] };
        return numbered(repositories.map(repositoryOf), cursor);
      }),
    getRepository: (installationId, repositoryId) =>
      answered(async () => {
        const call = ['GET /repositories/{repository_id}', { repository_id: repositoryId }] as const;
        return repositoryOf((await ask(installationId, readMetadata, call)) as RepositoryShape);
      }),
    listRuns: (installationId, repository, status, cursor) =>
      answered(async () => {
        const parameters = { status, ...pageOf(cursor) };
        const answer = await inRepository(installationId, repository, { path: '', parameters });
        return numbered((answer as { workflow_runs: unknown[] }).workflow_runs.map(runOf), cursor);
      }),
    listRunJobs: (installationId, repository, runId, cursor) =>
      answered(async () => {
        const call = { path: `/${runId}/jobs`, parameters: pageOf(cursor) };
        const answer = await inRepository(installationId, repository, call);
        return numbered((answer as { jobs: JobShape[] }).jobs.map(listedJobOf), cursor);
      }),
    listRunners: (installationId, scope, cursor) =>
      answered(() => listRunners(ask, { installationId, scope, cursor })),
    listDeliveries: (outcome, cursor) =>
      answered(async () => {
        const filter = outcome === 'any' ? {} : { status: outcome };
        const page = { per_page: pageSize, ...filter, ...(cursor === undefined ? {} : { cursor }) };
        const { data, next } = await client.pageAsApp('GET /app/hook/deliveries', page);
        const items = (data as DeliveryShape[]).map(deliveryOf);
        return { items, ...(next === undefined ? {} : { cursor: next }) };
      }),
    redeliver: (deliveryId) =>
      answered(async () => {
        const route = 'POST /app/hook/deliveries/{delivery_id}/attempts';
        await client.asApp(route, { delivery_id: deliveryId });
        return 'accepted' as const;
      }),
  };
}

async function listRunners(
  ask: Ask,
  asked: { installationId: InstallationId; scope: RunnerScope; cursor: string | undefined },
) {
  const { root, place, grant } = level(asked.scope);
  const parameters = { ...place, per_page: pageSize, ...pageOf(asked.cursor) };
  const answer = await ask(asked.installationId, grant, [`GET ${root}`, parameters]);
  const { runners } = answer as { runners: { name: string; status: string; busy: boolean }[] };
  const items = runners.map(({ name, status, busy }) => ({ name, online: status === 'online', busy }));
  return numbered(items, asked.cursor);
}

/** These lists are paged by number. */
const pageOf = (cursor: string | undefined): Parameters => (cursor === undefined ? {} : { page: cursor });

function numbered<Item>(items: readonly Item[], cursor: string | undefined): Page<Item> {
  return items.length < pageSize ? { items } : { items, cursor: String(Number(cursor ?? 1) + 1) };
}

export interface RepositoryShape {
  readonly id: number;
  readonly private: boolean;
  /** Old GitHub Enterprise Servers leave it out. */
  readonly visibility?: RepositoryVisibility;
  readonly full_name: string;
  readonly owner: { readonly id: number };
}

export interface JobShape {
  readonly id: number;
  readonly labels: readonly string[];
  readonly created_at: string;
}

interface DeliveryShape {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  readonly status_code: number;
  readonly redelivery: boolean;
}

export const repositoryOf = (repository: RepositoryShape): GitHubRepository => ({
  id: repository.id,
  fullName: repository.full_name,
  ownerId: repository.owner.id,
  visibility: repository.visibility ?? (repository.private ? 'private' : 'public'),
});

function runOf(data: unknown) {
  const run = data as { id: number; status: string | null; conclusion: string | null };
  return { runId: run.id, completed: run.status === 'completed', conclusion: run.conclusion };
}

interface RunShape {
  readonly run_attempt?: number;
  readonly head_branch: string | null;
  readonly event: string;
  readonly path: string;
  readonly actor?: { readonly login: string } | null;
  readonly repository: { readonly id: number };
  /** null: the fork was deleted. */
  readonly head_repository: { readonly id: number } | null;
}

/** GitHub's documents show paths followed by the ref: `.github/workflows/build.yml@main`. */
const aboutOf = (run: RunShape): RunAbout => ({
  attempt: run.run_attempt ?? 1,
  ref: run.head_branch ?? '',
  event: run.event,
  fork: run.head_repository?.id !== run.repository.id,
  actor: run.actor?.login ?? '',
  path: run.path.replace(/@.*$/s, ''),
});

export const listedJobOf = (job: JobShape): ListedJob => ({
  ...jobOf(job),
  jobId: JobId(job.id),
  labels: job.labels,
  createdAt: Date.parse(job.created_at),
});

/** GitHub counts 2xx and 3xx as delivered; 0 is an attempt that reached nobody. */
const deliveryOf = (delivery: DeliveryShape): WebhookDelivery => ({
  id: delivery.id,
  guid: delivery.guid,
  deliveredAt: Date.parse(delivery.delivered_at),
  statusCode: delivery.status_code,
  isRedelivery: delivery.redelivery,
});
