/**
 * What the tenant's own latest jobs say about durations: how long they run, and how soon one starts that does not wait.
 * Estimates name their basis, and without data there is no estimate.
 */
import { durationText } from '../../core/duration-text.ts';
import type { TierName } from '../../core/ids.ts';
import { type Job, waitsSince } from '../../core/job.ts';
import type { Estimate } from './explanation.ts';

export interface History {
  readonly tier: TierName;
  /** The median run time. Undefined: none has ended. */
  readonly runSeconds: number | undefined;
  readonly ended: number;
  /** The first quartile of the time to start: such jobs did not wait for a limit. */
  readonly startSeconds: number | undefined;
  readonly started: number;
  /** When each running job began, epoch milliseconds. */
  readonly runningSince: readonly number[];
}

/** With the stock image. Custom images start sooner (docs/BENCHMARKS.md). */
const stockStartSeconds = 90;

export function historyOf(jobs: readonly Job[], tier: TierName): History {
  const own = jobs.filter((job) => job.tier === tier && job.startedAt !== undefined);
  const ran = own.filter(
    ({ state, doneAt, outcome }) => state === 'done' && outcome === 'completed' && doneAt,
  );
  const runs = ran.map(({ startedAt = 0, doneAt = 0 }) => (doneAt - startedAt) / 1000);
  const starts = own.map((job) => Math.max(0, (job.startedAt ?? 0) - waitsSince(job)) / 1000);
  return {
    tier,
    runSeconds: quantile(runs, 0.5),
    ended: runs.length,
    startSeconds: quantile(starts, 0.25),
    started: starts.length,
    runningSince: own.flatMap(({ state, startedAt }) =>
      state === 'running' && startedAt ? [startedAt] : [],
    ),
  };
}

/** From the decision to start a machine to the job's first step, less the time that has passed. */
export function untilStart(history: History, sinceSeconds = 0): Estimate {
  const { startSeconds, started, tier } = history;
  const seconds = Math.max(1, Math.round((startSeconds ?? stockStartSeconds) - sinceSeconds));
  const basis =
    startSeconds === undefined
      ? `none of the tenant's latest jobs started in ${tier}, and a stock image takes about ${durationText(stockStartSeconds)}`
      : `jobs in ${tier} start within ${durationText(startSeconds)} (the quickest quarter of the latest ${started})`;
  return { seconds, basis };
}

/** The time until one of the line's machines is free for a job with `ahead` others before it. Undefined: nothing is known. */
export function untilFree(
  history: History,
  line: { readonly ahead: number; readonly machines: number; readonly now: number },
): Estimate | undefined {
  const { runSeconds, runningSince, ended, tier } = history;
  if (runSeconds === undefined || line.machines < 1) return undefined;
  const left = runningSince.map((since) => Math.max(0, runSeconds - (line.now - since) / 1000));
  const free = Array.from({ length: line.machines }, (_, n) => left[n] ?? 0);
  for (let n = 0; n <= line.ahead; n++) {
    free.sort((a, b) => a - b);
    if (n === line.ahead) break;
    free[0] = (free[0] ?? 0) + runSeconds;
  }
  const start = untilStart(history);
  return {
    seconds: Math.round((free[0] ?? 0) + start.seconds),
    basis: `jobs in ${tier} run for ${durationText(runSeconds)} (median of the latest ${ended}), ${line.ahead} ${line.ahead === 1 ? 'job waits' : 'jobs wait'} before it, and ${start.basis}`,
  };
}

function quantile(values: readonly number[], share: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)];
}
