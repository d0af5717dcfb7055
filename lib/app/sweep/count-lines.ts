/**
 * How many jobs each tenant has pending, counted as they are read: one tenant's jobs come together, the unsettled before
 * the waiting ones, the oldest first. A sweep that stops within a tenant passes its count on.
 */
import type { InstallationId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';

export interface Line {
  readonly installationId: InstallationId;
  readonly blocked: number;
  readonly waiting: number;
}

/** @param carried the tenant in whose jobs the sweep before stopped */
export function countLines(
  jobs: readonly Job[],
  carried: Line | undefined,
): { lines: ReadonlyMap<InstallationId, Line>; last: Line | undefined } {
  const lines = new Map<InstallationId, Line>();
  const first = jobs[0]?.installationId;
  if (carried && carried.installationId === first) lines.set(first, carried);
  for (const { installationId, state } of jobs) {
    const { blocked, waiting } = lines.get(installationId) ?? { blocked: 0, waiting: 0 };
    lines.set(installationId, {
      installationId,
      blocked: blocked + (state === 'blocked' ? 1 : 0),
      waiting: waiting + (state === 'waiting' ? 1 : 0),
    });
  }
  const last = jobs.at(-1)?.installationId;
  return { lines, last: last === undefined ? carried : lines.get(last) };
}

/** Those of one tenant's blocked jobs, in the order in which they were read, that come after so many. */
export function blockedBeyond(jobs: readonly Job[], line: Line | undefined, most: number): Job[] {
  const beyond = Math.max(0, (line?.blocked ?? 0) - most);
  const blocked = jobs.filter(({ state }) => state === 'blocked');
  return beyond === 0 ? [] : blocked.slice(-beyond);
}
