/** The lists of GitHub in memory, in pages as short as a test wants them. A run is what its jobs say, unless it was put. */
import type {
  GitHubRepository,
  GitHubRun,
  ListedJob,
  ListedRunner,
  RunAbout,
  WebhookDelivery,
} from '../../lib/core/github.ts';
import type { GitHub, Page } from '../../lib/ports/github.ts';
import { currentName, currentScope, nameOfId, repositoryIdOf } from './github-renames.ts';
import {
  asInstallation,
  type MemoryJob,
  outOfScope,
  outOfSight,
  ownerIdOf,
  refused,
  runKey,
  type State,
  through,
} from './github-state.ts';

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

export interface ListingDials {
  /** At most GitHub's own 100. */
  pageSize: number;
  /** What comes of the attempts that `redeliver` asks for; they are of the moment that it names. */
  redelivery: (delivery: WebhookDelivery) => Pick<WebhookDelivery, 'statusCode' | 'deliveredAt'>;
}

export function createMemoryListings(state: State, dials: ListingDials): Listings {
  return {
    getRun: (installationId, given, runId) =>
      through(state, 'getRun', () =>
        asInstallation<GitHubRun>(state, installationId, (installation) => {
          const repository = currentName(state, installation, given);
          const run = runOf(state, repository, runId);
          const missing = run ? undefined : refused('not-found', `no run ${runId}`);
          return outOfSight(state, installation, repository) ?? missing ?? { ok: true, value: run! };
        }),
      ),
    listRepositories: (installationId, cursor) =>
      through(state, 'listRepositories', () =>
        asInstallation(state, installationId, ({ accountId, accountLogin, repositories }) => {
          const all = [...repositories].map((name): GitHubRepository => {
            const fullName = `${accountLogin}/${name}`;
            const id = repositoryIdOf(state, fullName);
            const visibility = state.visibilities.get(id) ?? 'private';
            return { id, fullName, ownerId: accountId, visibility };
          });
          return { ok: true, value: pageOf(all, dials, cursor) };
        }),
      ),
    getRepository: (installationId, repositoryId) =>
      through(state, 'getRepository', () =>
        asInstallation<GitHubRepository>(state, installationId, (installation) => {
          const fullName = nameOfId(state, repositoryId);
          if (fullName === undefined) return refused('not-found', `no repository ${repositoryId}`);
          const ownerId = ownerIdOf(state, fullName);
          const visibility = state.visibilities.get(repositoryId) ?? 'private';
          return (
            outOfSight(state, installation, fullName) ?? {
              ok: true,
              value: { id: repositoryId, fullName, ownerId, visibility },
            }
          );
        }),
      ),
    listRuns: (installationId, given, status, cursor) =>
      through(state, 'listRuns', () =>
        asInstallation<Page<GitHubRun>>(state, installationId, (installation) => {
          const repository = currentName(state, installation, given);
          const runs = runsIn(state, repository, status);
          return (
            outOfSight(state, installation, repository) ?? { ok: true, value: pageOf(runs, dials, cursor) }
          );
        }),
      ),
    listRunJobs: (installationId, given, runId, cursor) =>
      through(state, 'listRunJobs', () =>
        asInstallation<Page<ListedJob>>(state, installationId, (installation) => {
          const repository = currentName(state, installation, given);
          const jobs = jobsOf(state, repository).filter((job) => job.runId === runId);
          const page = pageOf(jobs.map(listed), dials, cursor);
          return outOfSight(state, installation, repository) ?? { ok: true, value: page };
        }),
      ),
    listRunners: (installationId, given, cursor) =>
      through(state, 'listRunners', () =>
        asInstallation<Page<ListedRunner>>(state, installationId, (installation) => {
          const scope = currentScope(state, installation, given);
          const found = [...state.registrations.values()].filter(
            (registration) => JSON.stringify(registration.scope) === JSON.stringify(scope),
          );
          const runners = found.map(({ name, busy, online }) => ({ name, busy, online: online ?? busy }));
          return outOfScope(installation, scope) ?? { ok: true, value: pageOf(runners, dials, cursor) };
        }),
      ),
    listDeliveries: (outcome, cursor) =>
      through(state, 'listDeliveries', () => {
        // GitHub's ranges: what it could not reach is in neither.
        const [low, high] = { any: [0, 599], success: [200, 399], failure: [400, 599] }[outcome] as [
          number,
          number,
        ];
        const isWanted = ({ statusCode }: WebhookDelivery) => statusCode >= low && statusCode <= high;
        const page = newestOf(state.deliveries, isWanted, { ...dials, cursor });
        return page ? { ok: true, value: page } : refused('invalid', `no cursor ${cursor}`);
      }),
    redeliver: (deliveryId) =>
      through<'accepted'>(state, 'redeliver', () => {
        // Mostly they are counted from 1, and there are thousands.
        const counted = state.deliveries[deliveryId - 1];
        const delivery =
          counted?.id === deliveryId ? counted : state.deliveries.find(({ id }) => id === deliveryId);
        if (!delivery) return refused('not-found', `no delivery ${deliveryId}`);
        state.deliveries.push({
          ...delivery,
          ...dials.redelivery(delivery),
          id: state.deliveries.length + 1,
          isRedelivery: true,
        });
        return { ok: true, value: 'accepted' };
      }),
  };
}

function pageOf<Item>(all: readonly Item[], { pageSize }: ListingDials, cursor = '0'): Page<Item> {
  const start = Number(cursor);
  const end = start + pageSize;
  return { items: all.slice(start, end), ...(end < all.length ? { cursor: String(end) } : {}) };
}

/**
 * Newest first. Newer deliveries do not move a page: its cursor names the delivery that it starts with.
 * @returns undefined: no such delivery is in this list
 * Source: https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
 */
function newestOf(
  all: readonly WebhookDelivery[],
  isWanted: (delivery: WebhookDelivery) => boolean,
  { pageSize, cursor }: Pick<ListingDials, 'pageSize'> & { readonly cursor: string | undefined },
): Page<WebhookDelivery> | undefined {
  const newest = cursor === undefined ? all.length - 1 : all.findLastIndex(({ id }) => id === Number(cursor));
  if (cursor !== undefined && !(all[newest] && isWanted(all[newest]))) return undefined;
  const items: WebhookDelivery[] = [];
  // Not the whole list, of thousands, for each page.
  for (let n = newest; n >= 0; n--) {
    const delivery = all[n]!;
    if (!isWanted(delivery)) continue;
    if (items.length === pageSize) return { items, cursor: String(delivery.id) };
    items.push(delivery);
  }
  return { items };
}

function jobsOf({ jobs }: State, repository: string): MemoryJob[] {
  const wanted = repository.toLowerCase();
  return [...jobs.values()].filter((job) => job.repository.toLowerCase() === wanted);
}

const listed = ({ jobId, labels, createdAt, status, conclusion, runnerName }: MemoryJob): ListedJob => ({
  jobId,
  labels,
  createdAt,
  status,
  conclusion,
  runnerName,
});

/** What started a run of which no test said anything. */
const usualRun: RunAbout = {
  attempt: 1,
  ref: 'main',
  event: 'push',
  fork: false,
  actor: 'octocat',
  path: '.github/workflows/build.yml',
};

function runOf(state: State, repository: string, runId: number): GitHubRun | undefined {
  const jobs = jobsOf(state, repository).filter((job) => job.runId === runId);
  return runWith(state, { repository, runId, jobs });
}

function runWith(
  state: State,
  { repository, runId, jobs }: { repository: string; runId: number; jobs: readonly MemoryJob[] },
): GitHubRun | undefined {
  const stored = state.runs.get(runKey(repository, runId));
  const put = stored && { about: usualRun, ...stored };
  if (put || jobs.length === 0) return put;
  const completed = jobs.every(({ status }) => status === 'completed');
  const worst = jobs.find(({ conclusion }) => conclusion !== 'success') ?? jobs[0];
  const conclusion = completed ? (worst?.conclusion ?? 'success') : null;
  return { runId, completed, conclusion, about: jobs[0]?.about ?? usualRun };
}

/** A run is in progress once one of its jobs is, though others of it are still queued. */
function runsIn(state: State, repository: string, status: 'queued' | 'in_progress'): GitHubRun[] {
  const byRun = Map.groupBy(jobsOf(state, repository), (job) => job.runId);
  return [...byRun].reverse().flatMap(([runId, jobs]) => {
    const now = jobs.some((job) => job.status === 'in_progress') ? 'in_progress' : 'queued';
    const isOpen = jobs.some((job) => job.status === 'queued' || job.status === 'in_progress');
    if (!isOpen || now !== status) return [];
    const run = runWith(state, { repository, runId, jobs });
    return run && !run.completed ? [run] : [];
  });
}
