/**
 * How many requests a token and its tenant may make a minute, and how many changes an hour, over all copies of the
 * function. Calls of controllers are counted separately, so busy controllers do not keep administrators out. This copy
 * remembers who exceeded a limit until its time is over, so a flood costs no call.
 */
import { platformOwner } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
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

export function createRateLimit(deps: { counts: RequestCounts; clock: Clock }): RateLimit {
  const { counts, clock } = deps;
  /** Until when, by token or tenant. */
  const refused = new Map<string, number>();
  const remember = (name: string, until: number) =>
    keepNewest(refused, { key: name, value: until, most: mostRemembered });
  async function refuseChange(owner: InstallationId): Promise<Faulty | undefined> {
    const name = `changes/${owner}`;
    const now = clock.now();
    const window = Math.floor(now / changesWindowMilliseconds);
    const endsAt = (window + 1) * changesWindowMilliseconds;
    if ((refused.get(name) ?? 0) > now) return tooMany({ changes: changesPerHour }, endsAt - now);
    const counted = { name: `api-${name}/${window}`, endsAt: endsAt + changesWindowMilliseconds };
    const [changes = 0] = await counts.count(counted, ['changes']);
    if (changes <= changesPerHour) return undefined;
    remember(name, endsAt);
    return tooMany({ changes: changesPerHour }, endsAt - now);
  }
  return {
    async refuse({ kind, token: { owner, id } }, isChange = false) {
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
      if (ofTenant <= most.tenant) return isChange ? refuseChange(owner) : undefined;
      remember(tenant, endsAt);
      return tooMany({ tenant: most.tenant }, endsAt - now);
    },
  };
}

type Most = { readonly token: number } | { readonly tenant: number } | { readonly changes: number };

function tooMany(most: Most, left: number): Faulty {
  const retryAfterSeconds = Math.ceil(left / 1000);
  const text = `${sayMost(most)} Try again in ${retryAfterSeconds} s.`;
  return faulty('too-many', 'too-many-requests', text, { retryAfterSeconds });
}

function sayMost(most: Most): string {
  if ('token' in most) return `One token may make ${most.token} requests a minute.`;
  return 'tenant' in most
    ? `All of an installation's tokens together may make ${most.tenant} requests a minute.`
    : `An installation's controllers may be changed ${most.changes} times an hour.`;
}
