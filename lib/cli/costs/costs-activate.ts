/**
 * `mayfly costs activate`: makes AWS's bill show tenants, tiers and environments, as far as AWS allows it now, and
 * says what still has to happen. It may be run again at any time; active tags stay active.
 */
import {
  type CostAllocationTag,
  type CostExplorerClient,
  ListCostAllocationTagsCommand,
  StartCostAllocationTagBackfillCommand,
  UpdateCostAllocationTagsStatusCommand,
} from '@aws-sdk/client-cost-explorer';
import { tagKeys } from '../../core/tags.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { drawTable } from '../table.ts';
import { costExplorer } from './cost-explorer-client.ts';

const keys = [tagKeys.tenant, tagKeys.tier, tagKeys.environment];

type State = 'active' | 'activated' | 'not billed';

const words: Readonly<Record<State, string>> = {
  active: 'active',
  activated: 'activated now; Cost Explorer shows it within 24 hours, for machines from now on',
  'not billed': 'not on a bill yet; AWS lists it up to 24 hours after the first machine that carries it',
};

export const costsActivate: Command = {
  name: 'costs activate',
  summary: "activate machines' cost allocation tags, so that AWS's bill shows tenants and tiers",
  details: `
Examples:
  mayfly costs activate                       run it a day after the first job, until it exits with 0
  mayfly costs activate --backfill 2026-10    the months since then too; AWS accepts this once in 24 hours

A tag can be activated once it has been on a bill, and only by the account that pays the bill: in an organization, the
management account.
`,
  exitOne: 'some tag is not on a bill yet, another account pays the bill, or AWS accepts no backfill now',
  options: [
    {
      flags: '--backfill <month>',
      description: 'from this month on, such as 2026-10; at most 12 months ago',
    },
  ],
  async run(call) {
    const from = backfillStart(call.options['backfill'], Date.now());
    const client = costExplorer(call);
    try {
      const states = await activate(client);
      call.io.out(render(states));
      if ([...states.values()].includes('not billed')) return 1;
      return from === undefined ? 0 : await backfill(client, call, from);
    } catch (error) {
      if (!isLinkedAccount(error)) throw error;
      call.io.out(
        'Another account pays the bill, and only that account can activate tags. Run the command there.\n',
      );
      return 1;
    }
  },
};

async function activate(client: CostExplorerClient): Promise<Map<string, State>> {
  const known = await list(client);
  const inactive = keys.filter((key) => known.get(key)?.Status === 'Inactive');
  const refused = new Set<string | undefined>();
  if (inactive.length > 0) {
    const CostAllocationTagsStatus = inactive.map((TagKey) => ({ TagKey, Status: 'Active' as const }));
    const { Errors = [] } = await client.send(
      new UpdateCostAllocationTagsStatusCommand({ CostAllocationTagsStatus }),
    );
    for (const { TagKey } of Errors) refused.add(TagKey);
  }
  return new Map(
    keys.map((key) => {
      if (!known.has(key) || refused.has(key)) return [key, 'not billed'];
      return [key, inactive.includes(key) ? 'activated' : 'active'];
    }),
  );
}

async function list(client: CostExplorerClient): Promise<Map<string, CostAllocationTag>> {
  const { CostAllocationTags = [] } = await client.send(
    new ListCostAllocationTagsCommand({ TagKeys: keys, Type: 'UserDefined' }),
  );
  return new Map(CostAllocationTags.map((tag) => [tag.TagKey ?? '', tag]));
}

async function backfill(client: CostExplorerClient, { io }: CommandCall, from: string): Promise<number> {
  try {
    await client.send(new StartCostAllocationTagBackfillCommand({ BackfillFrom: `${from}-01T00:00:00Z` }));
    io.out(`AWS fills in the months from ${from} on; this takes hours.\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'BackfillLimitExceededException') throw error;
    io.out(
      'AWS accepts one backfill per 24 hours, and none while one is running: run the command again tomorrow.\n',
    );
    return 1;
  }
}

const render = (states: ReadonlyMap<string, State>) =>
  `${drawTable(
    ['tag', 'state'],
    [...states].map(([key, state]) => [key, words[state]]),
  )}\n`;

/** AWS reports this in its console's wording, under the same code as any missing permission. */
const isLinkedAccount = (error: unknown) =>
  error instanceof Error && error.name === 'AccessDeniedException' && /linked account/i.test(error.message);

/** @returns the month. @throws UsageError */
function backfillStart(given: string | boolean | undefined, now: number): string | undefined {
  if (typeof given !== 'string') return undefined;
  const start = /^20\d\d-(?:0[1-9]|1[0-2])$/.test(given) ? Date.parse(`${given}-01T00:00:00Z`) : Number.NaN;
  const today = new Date(now);
  const earliest = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 11, 1);
  if (start >= earliest && start <= now) return given;
  const allowed = [earliest, now].map((at) => new Date(at).toISOString().slice(0, 7));
  throw new UsageError(
    `--backfill is ${JSON.stringify(given)}; it must be a month from ${allowed.join(' to ')}.`,
  );
}
