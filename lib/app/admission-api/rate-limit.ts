/**
 * How many requests a token and its tenant may make a minute, over all copies of the function. Whoever is beyond it is
 * remembered by this copy until the minute is over, so that a flood costs no call.
 */
import type { Clock } from '../../ports/clock.ts';
import type { RequestCounts } from '../../ports/request-counts.ts';
import type { Caller } from './authenticate.ts';
import { type Faulty, faulty } from './fault.ts';

export const requestsPerMinute = { token: 120, tenant: 600 } as const;

const windowMilliseconds = 60_000;
/** Of how many floods a copy remembers at once; the oldest is forgotten first, and then costs one write a request again. */
const mostRemembered = 1_000;

export interface RateLimit {
  /** Counts the request. Undefined: it may go on. */
  refuse(caller: Caller): Promise<Faulty | undefined>;
}

export function createRateLimit(deps: { counts: RequestCounts; clock: Clock }): RateLimit {
  const { counts, clock } = deps;
  /** Until when, by token or tenant. */
  const refused = new Map<string, number>();
  const remember = (name: string, until: number) => {
    refused.delete(name);
    refused.set(name, until);
    const [oldest] = refused.keys();
    if (refused.size > mostRemembered && oldest !== undefined) refused.delete(oldest);
  };
  return {
    async refuse({ token: { owner, id } }) {
      const now = clock.now();
      const window = Math.floor(now / windowMilliseconds);
      const endsAt = (window + 1) * windowMilliseconds;
      const tenant = String(owner);
      const known = [id, tenant].find((name) => (refused.get(name) ?? 0) > now);
      if (known !== undefined) return tooMany(known === id ? 'token' : 'tenant', endsAt - now);
      const [ofToken = 0, ofTenant = 0] = await counts.count(
        { name: `api-requests/${owner}/${window}`, endsAt: endsAt + windowMilliseconds },
        [id, 'tenant'],
      );
      if (ofToken > requestsPerMinute.token) {
        remember(id, endsAt);
        return tooMany('token', endsAt - now);
      }
      if (ofTenant <= requestsPerMinute.tenant) return undefined;
      remember(tenant, endsAt);
      return tooMany('tenant', endsAt - now);
    },
  };
}

function tooMany(whose: keyof typeof requestsPerMinute, milliseconds: number): Faulty {
  const retryAfterSeconds = Math.ceil(milliseconds / 1000);
  const of = whose === 'token' ? 'One token' : "All of an installation's tokens together";
  const text = `${of} may make ${requestsPerMinute[whose]} requests a minute. Try again in ${retryAfterSeconds} s.`;
  return faulty('too-many', 'too-many-requests', text, { retryAfterSeconds });
}
