/**
 * GitHub's request limits, per installation: so many an hour, and (by dial) so many writes a minute. Every
 * answer carries the `x-ratelimit-*` headers. A refused request costs nothing and has no effect.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
import { Refusal } from './router.ts';
import type { World } from './world.ts';

const hour = 3_600_000;
const minute = 60_000;

interface Window {
  endsAt: number;
  used: number;
}

export interface Limits {
  /** Counts one request of this installation. @throws Refusal 403 where there is no room for it */
  count(installationId: number, method: string): Record<string, string>;
  /** As if so many more requests had been made. */
  spend(installationId: number, requests: number): void;
  /** The hourly limit as it stands. */
  standing(installationId: number): { limit: number; remaining: number; reset: number; used: number };
}

export function createLimits(world: World): Limits {
  const hourly = new Map<number, Window>();
  const writes = new Map<number, Window>();

  const standing = (installationId: number) => {
    const { used, endsAt } = windowOf(hourly, installationId, { now: world.now(), length: hour });
    const limit = world.dials.requestsPerHour;
    return { limit, remaining: Math.max(0, limit - used), reset: Math.ceil(endsAt / 1000), used };
  };

  return {
    standing,
    spend(installationId, requests) {
      windowOf(hourly, installationId, { now: world.now(), length: hour }).used += requests;
    },
    count(installationId, method) {
      const now = world.now();
      if (standing(installationId).remaining === 0) {
        throw new Refusal(403, `API rate limit exceeded for installation ID ${installationId}.`, {
          headers: rateHeaders(standing(installationId)),
        });
      }
      if (method !== 'GET' && world.dials.contentWritesPerMinute > 0) {
        const window = windowOf(writes, installationId, { now, length: minute });
        if (window.used >= world.dials.contentWritesPerMinute) {
          const headers = {
            ...rateHeaders(standing(installationId)),
            'retry-after': String(Math.max(1, Math.ceil((window.endsAt - now) / 1000))),
          };
          throw new Refusal(403, 'You have exceeded a secondary rate limit.', { headers });
        }
        window.used += 1;
      }
      windowOf(hourly, installationId, { now, length: hour }).used += 1;
      return rateHeaders(standing(installationId));
    },
  };
}

function windowOf(windows: Map<number, Window>, key: number, span: { now: number; length: number }): Window {
  const known = windows.get(key);
  if (known && known.endsAt > span.now) return known;
  const window = { endsAt: span.now + span.length, used: 0 };
  windows.set(key, window);
  return window;
}

function rateHeaders(standing: ReturnType<Limits['standing']>): Record<string, string> {
  return {
    'x-ratelimit-limit': String(standing.limit),
    'x-ratelimit-remaining': String(standing.remaining),
    'x-ratelimit-reset': String(standing.reset),
    'x-ratelimit-used': String(standing.used),
    'x-ratelimit-resource': 'core',
  };
}
