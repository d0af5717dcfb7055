/**
 * GitHub's secondary limits, which count calls: with some seeds an installation that makes too many within a minute is refused
 * every call for a while, and GitHub says for how long, or does not. It remembers that, unlike the limits that come as a
 * fault, and counts calls made meanwhile. The limit is lower here than GitHub's 900 points and 80 writes, as are a
 * simulated tenant's calls. This draws from its own random generator.
 * Sources: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits ("most
 * REST API GET … requests: 1" point, "most REST API POST, PATCH, PUT, or DELETE requests: 5" points),
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api ("Continuing to make requests while
 * you are rate limited may result in the banning of your integration"; without a `retry-after` "wait for at least one minute")
 */
import type { GitHubRefusal } from '../../../lib/core/github.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { Faults } from '../faults.ts';
import { matching } from '../matching.ts';
import { installationOf, type PortCall } from '../program/process.ts';
import { createRandom } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';

/** Sixteen seeds with a reconciler, which makes most of the calls. */
const hasSecondaryLimits = (seed: number): boolean => seed < 512 && seed % 32 === 21;

const pointsPerMinute = 40;
const unnamedSeconds = 60;
const longestNamedSeconds = 300;

/** What is asked as the App itself counts for no installation. */
const ofInstallation = matching(/^github\.(?!prepare|getInstallation$|listDeliveries|redeliver)/);
const writing = matching(/^github\.(createJitConfig|removeRunner|rerunJob|admitToGroup)$/);

interface Standing {
  readonly calls: { readonly at: number; readonly points: number }[];
  until: number;
}

interface LimitDeps {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly auditor: Auditor;
}

/** @returns GitHub's refusal of the call, if it limits the installation now */
export function createSecondaryLimits(
  { scheduler, faults, auditor }: LimitDeps,
  seed: number | undefined,
): (call: PortCall) => GitHubRefusal | undefined {
  if (seed === undefined || !hasSecondaryLimits(seed) || faults.mood === 'calm') return () => undefined;
  const random = createRandom(seed * 6_151 + 23);
  const standings = new Map<number, Standing>();
  return (call) => {
    if (!ofInstallation(call.name)) return undefined;
    const installationId = installationOf(call);
    const now = scheduler.now();
    const standing: Standing = standings.get(installationId) ?? { calls: [], until: 0 };
    standings.set(installationId, standing);
    if (now < standing.until) {
      auditor.calledWhileLimited(installationId);
      return limited(standing.until - now);
    }
    while (standing.calls[0] && standing.calls[0].at <= now - 60_000) standing.calls.shift();
    standing.calls.push({ at: now, points: writing(call.name) ? 5 : 1 });
    const points = standing.calls.reduce((sum, one) => sum + one.points, 0);
    if (points <= pointsPerMinute) return undefined;
    const seconds = random.chance(0.5) ? unnamedSeconds : random.between(1, longestNamedSeconds);
    standing.until = now + seconds * 1000;
    auditor.limitBegins(installationId, standing.until);
    return limited(seconds * 1000);
  };
}

const limited = (milliseconds: number): GitHubRefusal => ({
  kind: 'limited',
  retryAfterSeconds: Math.ceil(milliseconds / 1000),
});
