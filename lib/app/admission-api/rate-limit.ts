/**
 * How many requests a token and its tenant may make a minute, and how many changes an hour, over all copies of the
 * function. Calls of controllers are counted separately, so busy controllers do not keep administrators out. This copy
 * remembers who exceeded a limit until its time is over, so a flood costs no call.
 */
import { platformOwner } from '../../core/controllers/controller.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RequestCounts } from '../../ports/request-counts.ts';
import type { Caller } from './authenticate.ts';
import { type Faulty, faulty } from './fault.ts';

export const requestsPerMinute = {
  administrator: { token: 120, tenant: 600 },
  controller: { token: 600, tenant: 1_200 },
  /** It is asked about the jobs of all tenants. */
  platformController: { token: 6_000, tenant: 12_000 },
} as const;

/**
 * Changes by all administrators of an owner: each stays in the audit for good, with up to 300 KB of what was before and
 * after it.
 */
export const changesPerHour = 500;

const windowMilliseconds = 60_000;
const changesWindowMilliseconds = 60 * 60_000;
/** How many floods a copy remembers at once; the oldest is dropped first, and then costs one write a request again. */
const mostRemembered = 1_000;

export interface RateLimit {
  /** Counts the request, and the change if it wants one. Undefined: it may go on. */
  refuse(caller: Caller, isChange?: boolean): Promise<Faulty | undefined>;
}

/** A bound within a window of time. */
interface Limit {
  /** Under which this copy remembers that it was exceeded. */
  readonly name: string;
  /** Counts the requests or changes. */
  readonly counter: string;
  readonly most: number;
  /** What it bounds, for the caller. */
  readonly text: string;
}

export function createRateLimit(deps: { counts: RequestCounts; clock: Clock }): RateLimit {
  const { counts, clock } = deps;
  /** Until when, by the name of a limit. */
  const refused = new Map<string, number>();
  /** Counts one in each limit; the first that is exceeded refuses. */
  async function refuseBeyond(
    limits: readonly Limit[],
    { row, milliseconds }: { readonly row: string; readonly milliseconds: number },
  ): Promise<Faulty | undefined> {
    const now = clock.now();
    const window = Math.floor(now / milliseconds);
    const endsAt = (window + 1) * milliseconds;
    const known = limits.find(({ name }) => (refused.get(name) ?? 0) > now);
    if (known) return tooMany(known, endsAt - now);
    const counted = await counts.count(
      { name: `${row}/${window}`, endsAt: endsAt + milliseconds },
      limits.map(({ counter }) => counter),
    );
    const exceeded = limits.find(({ most }, n) => (counted[n] ?? 0) > most);
    if (!exceeded) return undefined;
    keepNewest(refused, { key: exceeded.name, value: endsAt, most: mostRemembered });
    return tooMany(exceeded, endsAt - now);
  }
  return {
    async refuse({ kind, token: { owner, id } }, isChange = false) {
      const isOfPlatform = kind === 'controller' && owner === platformOwner;
      const most = requestsPerMinute[isOfPlatform ? 'platformController' : kind];
      const tenant = `${kind}/${owner}`;
      const requests = await refuseBeyond(
        [
          { name: id, counter: id, most: most.token, text: requestsOf('One token', most.token) },
          { name: tenant, counter: 'tenant', most: most.tenant, text: requestsOf(allTokens, most.tenant) },
        ],
        { row: `api-requests/${tenant}`, milliseconds: windowMilliseconds },
      );
      if (requests || !isChange) return requests;
      const name = `changes/${owner}`;
      const text = `An installation's controllers may be changed ${changesPerHour} times an hour.`;
      return refuseBeyond([{ name, counter: 'changes', most: changesPerHour, text }], {
        row: `api-${name}`,
        milliseconds: changesWindowMilliseconds,
      });
    },
  };
}

const allTokens = "All of an installation's tokens together";
const requestsOf = (who: string, most: number) => `${who} may make ${most} requests a minute.`;

function tooMany({ text }: Limit, left: number): Faulty {
  const retryAfterSeconds = Math.ceil(left / 1000);
  const retry = `${text} Try again in ${retryAfterSeconds} s.`;
  return faulty('too-many', 'too-many-requests', retry, { retryAfterSeconds });
}
