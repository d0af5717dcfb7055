/**
 * Ends a single host's runner: its container is stopped once GitHub can give it no job, is removed with its disk, and
 * then its registration and its record are removed. Only `cancel` ends a container that is still registered with GitHub.
 */
import type { HostRunner } from '../ports/host-state.ts';
import { refusalText, waitSeconds } from './group.ts';
import { hold } from './hold.ts';
import { forgetName, noteDeleted, noteMissing, rest } from './memory.ts';
import { scopeName } from './runner.ts';
import { isSettled } from './settled.ts';
import type { Situation } from './situation.ts';

const worker = 'Runner.Worker';
const keptLines = 500;
const againMs = 5000;
/** GitHub shows a job as running for some minutes after its machine is gone. */
const busyMs = 30_000;
const longestHoldMs = 300_000;

export async function collect(situation: Situation, name: string): Promise<void> {
  const { deps, memory, mode } = situation;
  const log = await deps.engine.logs(name, keptLines);
  await deps.state.keepLog(name, log);
  await deps.engine.remove(name);
  const hadJob = /running job/i.test(log);
  deps.log(`${name} ended${hadJob ? ', its job is over' : ''}`);
  if (hadJob || memory.stopped.has(name) || mode !== 'serve') {
    memory.failures = 0;
    return;
  }
  memory.failures += 1;
  const last = log.trim().split('\n').at(-1) ?? '';
  const reason = `${name} ended without a job (its last line: ${last || 'none'}); see: mayfly host logs ${name}`;
  hold(situation, reason, Math.min(1000 * 2 ** memory.failures, longestHoldMs));
}

export async function forget({ deps, github, memory }: Situation, runner: HostRunner): Promise<void> {
  const { name, scope } = runner;
  const answer = await github.remove(scope, name);
  if (!answer.ok) {
    if (answer.refusal.kind !== 'limited') memory.refused.add(name);
    memory.trouble = `The registration ${name} of ${scopeName(scope)} cannot be removed: ${refusalText(answer.refusal)}`;
    return rest(memory, name, deps.clock.now() + waitSeconds(answer.refusal) * 1000);
  }
  const now = deps.clock.now();
  memory.refused.delete(name);
  if (answer.value === 'busy') return rest(memory, name, now + busyMs);
  // GitHub's list may predate the registration, so its absence alone proves nothing.
  const isOver = (answer.value === 'removed' && memory.launched.has(name)) || isSettled(memory, runner, now);
  if (!isOver) return rest(memory, name, now + againMs);
  await deps.state.dropRunner(name);
  forgetName(memory, name);
}

export async function retire(situation: Situation, runner: HostRunner, why: string): Promise<void> {
  const { deps, github, memory } = situation;
  const { name, scope } = runner;
  const answer = await github.remove(scope, name);
  const now = deps.clock.now();
  if (answer.ok && answer.value === 'removed') {
    noteDeleted(memory, name);
    deps.log(`${name} had no job and ends: ${why}`);
    return cancel(situation, name);
  }
  if (answer.ok && answer.value === 'absent') noteMissing(memory, name, now);
  if (!answer.ok) memory.trouble = `${name} cannot be stopped: ${refusalText(answer.refusal)}`;
  rest(memory, name, now + (answer.ok ? againMs : waitSeconds(answer.refusal) * 1000));
}

export async function endGhost(situation: Situation, { name, scope }: HostRunner): Promise<void> {
  const { deps, github, memory } = situation;
  const answer = await github.remove(scope, name);
  const isGone = answer.ok && answer.value !== 'busy';
  if (!isGone || (await deps.engine.runs(name, worker)))
    return rest(memory, name, deps.clock.now() + againMs);
  deps.log(`${name} ends: GitHub no longer knows it`);
  return cancel(situation, name);
}

export async function cancel({ deps, config, memory }: Situation, name: string): Promise<void> {
  memory.stopped.add(name);
  await deps.engine.stop(name, config.cleanupSeconds);
}
