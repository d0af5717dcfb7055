/**
 * Whether anything of a runner can still appear. What a supervisor asked of GitHub or the engine may take effect after
 * the call failed or the supervisor died, and GitHub's lists may be incomplete.
 */
import type { HostRunner } from '../ports/host-state.ts';
import type { Memory } from './memory.ts';

/** A request without a response, or an engine's command whose caller died, takes effect within this time or never. */
const settledMs = 60_000;
/** GitHub's lists are no older than this. */
const listLagMs = 10_000;

/** Neither a container nor a registration exists. */
export function isSettled(memory: Memory, runner: HostRunner, now: number): boolean {
  const launchedAt = memory.launched.get(runner.name);
  return launchedAt === undefined ? !mayStillStart(memory, runner, now) : now >= launchedAt + listLagMs;
}

/** Its container has not appeared yet, but may. */
export function mayStillStart(memory: Memory, { name, bornAt }: HostRunner, now: number): boolean {
  if (memory.launched.has(name)) return false;
  return now < Math.max(bornAt, memory.startedAt, memory.unsure.get(name) ?? 0) + settledMs;
}
