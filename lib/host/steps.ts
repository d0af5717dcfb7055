/**
 * Carries out what a round planned. Each step may be the last thing that this process does, and may have been done already;
 * whatever it finds then is the next round's to judge.
 */
import type { HostRunner } from '../ports/host-state.ts';
import { findGroup, refusalText, waitSeconds } from './group.ts';
import { forgetName, noteMissing, rest } from './memory.ts';
import type { Step } from './plan-round.ts';
import { configurationKey, containerOf, nameStart, scopeName } from './runner.ts';
import { isSettled } from './settled.ts';
import type { Situation } from './situation.ts';

const worker = 'Runner.Worker';
const keptLines = 500;
const againMs = 5000;
/** GitHub counts a job whose machine is gone as running for some minutes. */
const busyMs = 30_000;
const mostAtOnce = 4;
const longestHoldMs = 300_000;

export async function carryOut(situation: Situation, step: Step): Promise<void> {
  switch (step.kind) {
    case 'collect':
      return collect(situation, step.name);
    case 'forget':
      return forget(situation, step.runner);
    case 'retire':
      return retire(situation, step.runner, step.why);
    case 'end-ghost':
      return endGhost(situation, step.runner);
    case 'cancel':
      return end(situation, step.runner.name);
    case 'launch':
      for (let n = 0; n < Math.min(step.count, mostAtOnce); n++) {
        if (!(await launch(situation))) return;
      }
  }
}

/** @returns whether another one is worth trying at once */
async function launch(situation: Situation): Promise<boolean> {
  const { deps, config, github, hostId, memory } = situation;
  const now = deps.clock.now();
  if (now < memory.holdUntil) {
    memory.trouble = memory.holdReason;
    return false;
  }
  const group = await findGroup(config, github);
  if (!group.ok) return hold(situation, group.trouble, group.retrySeconds * 1000);
  const name = `${nameStart(config.namePrefix, hostId)}${deps.chance.id().slice(0, 8)}`;
  const runner: HostRunner = {
    name,
    scope: config.scope,
    configuration: configurationKey(config),
    bornAt: now,
  };
  await deps.state.putRunner(runner);
  try {
    const { scope, labels, workFolder } = config;
    const answer = await github.register({ scope, name, labels, workFolder, runnerGroupId: group.groupId });
    if (!answer.ok) {
      // A refusal registers nothing.
      await deps.state.dropRunner(name);
      const text = `${scopeName(scope)} gets no runner: ${refusalText(answer.refusal)}`;
      return hold(situation, text, waitSeconds(answer.refusal) * 1000);
    }
    const { jitConfig } = answer.value;
    await deps.engine.run(containerOf(runner, { config, hostId, jitConfig }));
  } catch (error) {
    memory.unsure.set(name, deps.clock.now());
    throw error;
  }
  memory.launched.set(name, deps.clock.now());
  deps.tell(`${name} waits for a job`);
  return true;
}

function hold({ deps, memory }: Situation, reason: string, milliseconds: number): false {
  memory.holdUntil = deps.clock.now() + milliseconds;
  memory.holdReason = reason;
  memory.trouble = reason;
  deps.tell(reason);
  return false;
}

async function collect(situation: Situation, name: string): Promise<void> {
  const { deps, memory, mode } = situation;
  const log = await deps.engine.logs(name, keptLines);
  await deps.state.keepLog(name, log);
  await deps.engine.remove(name);
  const hadJob = /running job/i.test(log);
  deps.tell(`${name} ended${hadJob ? ', its job is over' : ''}`);
  if (hadJob || memory.told.has(name) || mode !== 'serve') {
    memory.failures = 0;
    return;
  }
  memory.failures += 1;
  const last = log.trim().split('\n').at(-1) ?? '';
  const reason = `${name} ended without a job (its last line: ${last || 'none'}); see: mayfly host logs ${name}`;
  hold(situation, reason, Math.min(1000 * 2 ** memory.failures, longestHoldMs));
}

async function forget({ deps, github, memory }: Situation, runner: HostRunner): Promise<void> {
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
  // That GitHub shows none may be too early, or too old an answer.
  const isOver = (answer.value === 'removed' && memory.launched.has(name)) || isSettled(memory, runner, now);
  if (!isOver) return rest(memory, name, now + againMs);
  await deps.state.dropRunner(name);
  forgetName(memory, name);
}

async function retire(situation: Situation, runner: HostRunner, why: string): Promise<void> {
  const { deps, github, memory } = situation;
  const { name, scope } = runner;
  const answer = await github.remove(scope, name);
  const now = deps.clock.now();
  if (answer.ok && answer.value === 'removed') {
    deps.tell(`${name} had no job and ends: ${why}`);
    return end(situation, name);
  }
  if (answer.ok && answer.value === 'absent') noteMissing(memory, name, now);
  if (!answer.ok) memory.trouble = `${name} cannot be told to end: ${refusalText(answer.refusal)}`;
  rest(memory, name, now + (answer.ok ? againMs : waitSeconds(answer.refusal) * 1000));
}

async function endGhost(situation: Situation, { name, scope }: HostRunner): Promise<void> {
  const { deps, github, memory } = situation;
  const answer = await github.remove(scope, name);
  const isGone = answer.ok && answer.value !== 'busy';
  if (!isGone || (await deps.engine.runs(name, worker)))
    return rest(memory, name, deps.clock.now() + againMs);
  deps.tell(`${name} ends: GitHub knows it no longer`);
  return end(situation, name);
}

async function end({ deps, config, memory }: Situation, name: string): Promise<void> {
  memory.told.add(name);
  await deps.engine.stop(name, config.cleanupSeconds);
}
