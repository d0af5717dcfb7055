/**
 * GitHub's request limits, per installation: so many an hour, registrations of runners in a budget of their own, and (by
 * dial) so many writes a minute in total. Every answer has the `x-ratelimit-*` headers of the budget that it counted for.
 * A refused request costs nothing and has no effect.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api; `actions_runner_registration` is
 * in its schema of GET /rate_limit, and 10,000 an hour of it in
 * https://github-aws-runners.github.io/terraform-aws-github-runner/configuration/
 */
import { Refusal } from './router.ts';
import type { GitHubStore } from './store.ts';

const hour = 3_600_000;
const minute = 60_000;

interface Window {
  endsAt: number;
  used: number;
}

export interface Limits {
  /** Counts one request of this installation. @throws Refusal 403 where there is no room for it */
  count(installationId: number, asked: { method: string; path: string }): Record<string, string>;
  /** As if so many more requests had been made. */
  spend(installationId: number, requests: number, resource?: Resource): void;
  /** The current hourly limit. */
  standing(
    installationId: number,
    resource: Resource,
  ): { limit: number; remaining: number; reset: number; used: number };
}

export type Resource = 'core' | 'actions_runner_registration';

const resourceOf = (path: string): Resource =>
  path.endsWith('/actions/runners/generate-jitconfig') ? 'actions_runner_registration' : 'core';

export function createLimits(store: GitHubStore): Limits {
  const hourly = new Map<string, Window>();
  const writes = new Map<string, Window>();

  const hourOf = (installationId: number, resource: Resource) =>
    windowOf(hourly, `${installationId}/${resource}`, { now: store.now(), length: hour });
  const standing = (installationId: number, resource: Resource) => {
    const { used, endsAt } = hourOf(installationId, resource);
    const { requestsPerHour, registrationsPerHour } = store.dials;
    const limit = resource === 'core' ? requestsPerHour : registrationsPerHour;
    return { limit, remaining: Math.max(0, limit - used), reset: Math.ceil(endsAt / 1000), used };
  };

  return {
    standing,
    spend(installationId, requests, resource = 'core') {
      hourOf(installationId, resource).used += requests;
    },
    count(installationId, { method, path }) {
      const now = store.now();
      const resource = resourceOf(path);
      const headersNow = () => rateHeaders(standing(installationId, resource), resource);
      if (standing(installationId, resource).remaining === 0) {
        const words = `API rate limit exceeded for installation ID ${installationId}.`;
        throw new Refusal(403, words, { headers: headersNow() });
      }
      if (method !== 'GET' && store.dials.contentWritesPerMinute > 0) {
        const window = windowOf(writes, String(installationId), { now, length: minute });
        if (window.used >= store.dials.contentWritesPerMinute) {
          const headers = {
            ...headersNow(),
            'retry-after': String(Math.max(1, Math.ceil((window.endsAt - now) / 1000))),
          };
          throw new Refusal(403, 'You have exceeded a secondary rate limit.', { headers });
        }
        window.used += 1;
      }
      hourOf(installationId, resource).used += 1;
      return headersNow();
    },
  };
}

function windowOf(windows: Map<string, Window>, key: string, span: { now: number; length: number }): Window {
  const known = windows.get(key);
  if (known && known.endsAt > span.now) return known;
  const window = { endsAt: span.now + span.length, used: 0 };
  windows.set(key, window);
  return window;
}

function rateHeaders(standing: ReturnType<Limits['standing']>, resource: Resource): Record<string, string> {
  return {
    'x-ratelimit-limit': String(standing.limit),
    'x-ratelimit-remaining': String(standing.remaining),
    'x-ratelimit-reset': String(standing.reset),
    'x-ratelimit-used': String(standing.used),
    'x-ratelimit-resource': resource,
  };
}
