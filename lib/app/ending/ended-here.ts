/**
 * The machines that this process has ended. EC2 tells of the end of each a minute later, and that changes nothing any more, so
 * their rows need not be read for it: a machine that has ended stays so. Another process reads the row.
 */

import type { InstanceId } from '../../core/ids.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { RunnerStore } from '../../ports/runners.ts';

/** More than end between the end of one and EC2's word about it; the oldest goes first. */
const mostKept = 10_000;

const kept = new WeakMap<RunnerStore, Map<InstanceId, true>>();

export function noteEnded(runners: RunnerStore, instanceIds: readonly InstanceId[]): void {
  const ended = kept.get(runners) ?? new Map<InstanceId, true>();
  kept.set(runners, ended);
  for (const key of instanceIds) keepNewest(ended, { key, value: true, most: mostKept });
}

export const hasEndedHere = (runners: RunnerStore, instanceId: InstanceId): boolean =>
  kept.get(runners)?.has(instanceId) ?? false;
