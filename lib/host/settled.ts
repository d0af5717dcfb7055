/**
 * Whether anything of a runner can still come. What a supervisor asked of GitHub or the engine may have its effect after the
 * call has failed, or after the supervisor has died; and GitHub's lists may lack what is there.
 */
import type { HostRunner } from '../ports/host-state.ts';
import type { Memory } from './memory.ts';

/** What was asked for comes within this time, or not at all: a request without an answer, an engine's command left behind. */
const settledMs = 60_000;
/** GitHub's lists are no older than this. */
const listLagMs = 10_000;

export function isSettled(memory: Memory, { name, bornAt }: HostRunner, now: number): boolean {
  const launchedAt = memory.launched.get(name);
  if (launchedAt !== undefined) return now >= launchedAt + listLagMs;
  return now >= Math.max(bornAt, memory.startedAt, memory.unsure.get(name) ?? 0) + settledMs;
}
