/**
 * The machines that this process has ended. EC2 tells of the end of each a minute later, and that changes nothing any more, so
 * their rows need not be read for it: a machine that has ended stays so. Another process reads the row.
 */
import type { InstanceId } from '../../core/ids.ts';
import type { RunnerStore } from '../../ports/runners.ts';

/** More than end between the end of one and EC2's word about it; the oldest goes first. */
const mostKept = 10_000;

const kept = new WeakMap<RunnerStore, Set<InstanceId>>();

export function noteEnded(runners: RunnerStore, instanceIds: readonly InstanceId[]): void {
  const ended = kept.get(runners) ?? new Set<InstanceId>();
  kept.set(runners, ended);
  for (const instanceId of instanceIds) ended.add(instanceId);
  for (const oldest of ended) {
    if (ended.size <= mostKept) return;
    ended.delete(oldest);
  }
}

export const hasEndedHere = (runners: RunnerStore, instanceId: InstanceId): boolean =>
  kept.get(runners)?.has(instanceId) ?? false;
