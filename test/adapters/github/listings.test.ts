/** Lists of GitHub are read to their end, in pages of a hundred: GitHub gives no more, whatever it is asked for. */
import { expect, it } from '@jest/globals';
import type { AppClient, Parameters } from '../../../lib/adapters/github/app-client.ts';
import { createListings } from '../../../lib/adapters/github/listings.ts';
import type { Answer, Page } from '../../../lib/ports/github.ts';
import { acme } from '../../support/given.ts';

const one = {
  ...{ id: 1, private: true, full_name: 'acme/app', owner: { id: 70 } },
  ...{ status: 'queued', conclusion: null, created_at: '2026-11-21T12:00:00Z' },
  ...{ run_id: 9, run_attempt: 1, name: 'i-1', busy: false, labels: [], runner_name: null },
};

/** GitHub with so many of everything. Source: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
function givenGitHub(count: number) {
  const asked: number[] = [];
  const pageOf = ({ per_page: size = 30, page = 1 }: Parameters) => {
    asked.push(Number(size));
    const most = Math.min(100, Number(size));
    return new Array(Math.max(0, Math.min(most, count - most * (Number(page) - 1)))).fill(one);
  };
  const listings = createListings({
    ask: async (_installationId, _grant, [, parameters]) => {
      const items = pageOf(parameters);
      return { repositories: items, workflow_runs: items, jobs: items, runners: items };
    },
    client: {
      pageAsApp: async (_route: string, parameters: Parameters) => ({
        data: pageOf(parameters),
        next: undefined,
      }),
    } as unknown as AppClient,
    answered: async (effect) => ({ ok: true, value: await effect() }),
  });
  return { listings, asked };
}

type Listings = ReturnType<typeof createListings>;

async function readAll(read: (cursor?: string) => Promise<Answer<Page<unknown>>>): Promise<number> {
  let seen = 0;
  let cursor: string | undefined;
  do {
    const answer = await read(cursor);
    if (!answer.ok) throw new Error('It was refused.');
    seen += answer.value.items.length;
    cursor = answer.value.cursor;
  } while (cursor !== undefined);
  return seen;
}

it.each<[string, (listings: Listings, cursor?: string) => Promise<Answer<Page<unknown>>>]>([
  ['repositories', (listings, cursor) => listings.listRepositories(acme, cursor)],
  ['runs', (listings, cursor) => listings.listRuns(acme, 'acme/app', 'queued', cursor)],
  ['jobs of a run', (listings, cursor) => listings.listRunJobs(acme, 'acme/app', 9 as never, cursor)],
  [
    'runners',
    (listings, cursor) =>
      listings.listRunners(acme, { kind: 'organization', login: 'acme' } as never, cursor),
  ],
])('reads all %s, a hundred in a call', async (_, read) => {
  const { listings, asked } = givenGitHub(250);
  expect(await readAll((cursor) => read(listings, cursor))).toBe(250);
  expect(asked).toEqual([100, 100, 100]);
});

it('asks for a hundred deliveries in a call', async () => {
  const { listings, asked } = givenGitHub(0);
  await listings.listDeliveries('failure');
  expect(asked).toEqual([100]);
});
