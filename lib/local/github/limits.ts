/**
 * GitHub's primary request limits, per installation: so many an hour, and registrations of runners in a budget of their own.
 * Every answer has the `x-ratelimit-*` headers of the budget that it counted for. One that they refuse costs nothing and has no
 * effect. GitHub documents no such limit for calls that the App signs itself, and answers those without these headers:
 * https://github.com/actions/create-github-app-token/issues/154.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api; `actions_runner_registration` is
 * in its schema of GET /rate_limit, and 10,000 an hour of it in
 * https://github-aws-runners.github.io/terraform-aws-github-runner/configuration/
 */
import { Refusal } from './router.ts';
import type { GitHubStore } from './store.ts';
import { type Window, windowOf } from './window.ts';

const hour = 3_600_000;

export interface Limits {
  /** Counts one request of this installation. @throws Refusal 403 where there is no room for it */
  count(installationId: number, path: string): Record<string, string>;
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
    count(installationId, path) {
      const resource = resourceOf(path);
      const headersNow = () => rateHeaders(standing(installationId, resource), resource);
      if (standing(installationId, resource).remaining === 0) {
        const words = `API rate limit exceeded for installation ID ${installationId}.`;
        throw new Refusal(403, words, { headers: headersNow() });
      }
      hourOf(installationId, resource).used += 1;
      return headersNow();
    },
  };
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
