/**
 * GitHub's secondary limits, for each installation and for the calls that the App signs itself: points for each endpoint in a
 * minute, requests at once, and writes in a minute. A refused request counts for none of these, and has no effect.
 *
 * GitHub says "a single endpoint" and "content-generating requests", and nothing more. Here an endpoint is a method and a
 * route, whatever ids its path has, and each write generates content: the harsher readings. The limit of 500
 * content-generating requests in an hour is left out: it would contradict the 10,000 registrations of runners.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
import { Refusal } from './router.ts';
import type { GitHubStore } from './store.ts';
import { type Window, windowOf } from './window.ts';

const minute = 60_000;

export interface SecondaryLimits {
  /**
   * Counts one request, and runs it.
   * @param caller the installation's id; `app`: the App itself
   * @param route `POST /orgs/{org}/actions/runners/generate-jitconfig`
   * @throws Refusal 403 where there is no room for it
   */
  within<Reply>(caller: string, route: string, effect: () => Promise<Reply>): Promise<Reply>;
}

export function createSecondaryLimits(store: GitHubStore): SecondaryLimits {
  const points = new Map<string, Window>();
  const writes = new Map<string, Window>();
  const running = new Map<string, number>();

  /** @throws Refusal 403 */
  const assertRoom = (window: Window, { cost, most }: { cost: number; most: number }) => {
    // 0: no such limit.
    if (most === 0 || window.used + cost <= most) return;
    const seconds = Math.max(1, Math.ceil((window.endsAt - store.now()) / 1000));
    throw new Refusal(403, 'You have exceeded a secondary rate limit.', {
      headers: { 'retry-after': String(seconds) },
    });
  };

  return {
    async within(caller, route, effect) {
      const { pointsPerMinute, contentWritesPerMinute, requestsAtOnce } = store.dials;
      const isRead = /^(GET|HEAD|OPTIONS) /.test(route);
      const cost = isRead ? 1 : 5;
      const span = { now: store.now(), length: minute };
      const ofEndpoint = windowOf(points, `${caller} ${route}`, span);
      const ofWrites = windowOf(writes, caller, span);
      const atOnce = running.get(caller) ?? 0;
      assertRoom(ofEndpoint, { cost, most: pointsPerMinute });
      if (!isRead) assertRoom(ofWrites, { cost: 1, most: contentWritesPerMinute });
      assertRoom({ used: atOnce, endsAt: span.now + minute }, { cost: 1, most: requestsAtOnce });
      ofEndpoint.used += cost;
      if (!isRead) ofWrites.used += 1;
      running.set(caller, atOnce + 1);
      try {
        return await effect();
      } finally {
        running.set(caller, running.get(caller)! - 1);
      }
    },
  };
}
