/**
 * Remembers the machines that this process has ended. EC2 reports each end a minute later, which changes nothing, so
 * their rows are not read again: an ended machine stays ended. Another process reads the row.
 */

import type { InstanceId } from '../../core/ids.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { RunnerStore } from '../../ports/runners.ts';

/** More than can end before EC2 reports the first of them; the oldest is removed first. */
const mostKept = 10_000;

const kept = new WeakMap<RunnerStore, Map<InstanceId, true>>();

export function noteEnded(runners: RunnerStore, instanceIds: readonly InstanceId[]): void {
  const ended = kept.get(runners) ?? new Map<InstanceId, true>();
  kept.set(runners, ended);
  for (const key of instanceIds) keepNewest(ended, { key, value: true, most: mostKept });
}

export const hasEndedHere = (runners: RunnerStore, instanceId: InstanceId): boolean =>
  kept.get(runners)?.has(instanceId) ?? false;
