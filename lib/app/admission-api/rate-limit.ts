/**
 * How many requests a token and its tenant may make a minute, over all copies of the function. Calls of controllers
 * are counted separately, so busy controllers do not keep administrators out. This copy remembers who exceeded a limit until
 * the minute is over, so a flood costs no call.
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

const windowMilliseconds = 60_000;
/** How many floods a copy remembers at once; the oldest is dropped first, and then costs one write a request again. */
const mostRemembered = 1_000;

export interface RateLimit {
  /** Counts the request. Undefined: it may go on. */
  refuse(caller: Caller): Promise<Faulty | undefined>;
}

export function createRateLimit(deps: { counts: RequestCounts; clock: Clock }): RateLimit {
  const { counts, clock } = deps;
  /** Until when, by token or tenant. */
  const refused = new Map<string, number>();
  const remember = (name: string, until: number) =>
    keepNewest(refused, { key: name, value: until, most: mostRemembered });
  return {
    async refuse({ kind, token: { owner, id } }) {
      const isOfPlatform = kind === 'controller' && owner === platformOwner;
      const most = requestsPerMinute[isOfPlatform ? 'platformController' : kind];
      const now = clock.now();
      const window = Math.floor(now / windowMilliseconds);
      const endsAt = (window + 1) * windowMilliseconds;
      const tenant = `${kind}/${owner}`;
      const known = [id, tenant].find((name) => (refused.get(name) ?? 0) > now);
      if (known !== undefined)
        return tooMany(known === id ? { token: most.token } : { tenant: most.tenant }, endsAt - now);
      const [ofToken = 0, ofTenant = 0] = await counts.count(
        { name: `api-requests/${tenant}/${window}`, endsAt: endsAt + windowMilliseconds },
        [id, 'tenant'],
      );
      if (ofToken > most.token) {
        remember(id, endsAt);
        return tooMany({ token: most.token }, endsAt - now);
      }
      if (ofTenant <= most.tenant) return undefined;
      remember(tenant, endsAt);
      return tooMany({ tenant: most.tenant }, endsAt - now);
    },
  };
}

function tooMany(most: { readonly token: number } | { readonly tenant: number }, left: number): Faulty {
  const retryAfterSeconds = Math.ceil(left / 1000);
  const [of, each] =
    'token' in most
      ? (['One token', most.token] as const)
      : (["All of an installation's tokens together", most.tenant] as const);
  const text = `${of} may make ${each} requests a minute. Try again in ${retryAfterSeconds} s.`;
  return faulty('too-many', 'too-many-requests', text, { retryAfterSeconds });
}
