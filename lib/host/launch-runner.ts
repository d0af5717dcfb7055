/**
 * Starts one runner: first its record, then its registration, then its container. If this process dies or a call fails in
 * between, the next round continues from the record.
 */
import type { HostRunner } from '../ports/host-state.ts';
import { findGroup, refusalText, waitSeconds } from './group.ts';
import { hold } from './hold.ts';
import { configurationKey, containerOf, nameStart, scopeName } from './runner.ts';
import type { Situation } from './situation.ts';

/** @returns whether it is worth trying another one at once */
export async function launchRunner(situation: Situation): Promise<boolean> {
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
      // If GitHub refuses, nothing is registered.
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
  deps.log(`${name} waits for a job`);
  return true;
}
