/**
 * Keeps the configured number of runners on this host, each for one job in a fresh container, until it is asked to stop.
 * Then it lets running jobs finish, and leaves no container or registration behind. It may die at any step: the next one
 * finishes or undoes what it finds. For each runner, a record is written first, then GitHub is called, then the engine.
 */
import { OperationalError } from '../ports/errors.ts';
import type { Report, Wish } from '../ports/host-state.ts';
import { checkHostConfig } from './check-config.ts';
import type { HostConfig } from './config.ts';
import { lookAround } from './look-around.ts';
import { createMemory, type Memory, rest } from './memory.ts';
import { planRound } from './plan-round.ts';
import { configurationKey, scopeName } from './runner.ts';
import { mayStillStart } from './settled.ts';
import type { Situation, SupervisorDeps } from './situation.ts';
import { carryOut } from './steps.ts';
import { saveVersion } from './versions.ts';

/** Names of registrations that GitHub refused to remove; empty if nothing is left at GitHub. */
export interface Ended {
  readonly left: readonly string[];
}

export async function supervise(deps: SupervisorDeps, config: HostConfig): Promise<Ended> {
  const { state, clock } = deps;
  const hostId = await state.hostId();
  let current = await inForce(deps, config, (await state.wish()).change);
  const memory = createMemory(clock.now());
  deps.log(`supervising ${scopeName(config.scope)} with ${deps.engine.name}, host ${hostId}`);
  for (;;) {
    const wish = await state.wish();
    if (wish.change > current.change) current = await takeUp(deps, current, { wish, memory });
    const mode = wish.mode === 'serve' && deps.isAsked?.() ? 'drain' : wish.mode;
    const situation = { deps, hostId, memory, mode, ...current };
    try {
      const ended = await playRound(situation);
      if (ended) return ended;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      memory.trouble = error.message;
    }
    await report(situation, current.change);
    await clock.sleep(deps.roundMs ?? 2000);
  }
}

interface InForce extends Pick<Situation, 'config' | 'github' | 'version'> {
  readonly change: number;
}

async function inForce(deps: SupervisorDeps, config: HostConfig, change: number): Promise<InForce> {
  const text = await deps.state.settings();
  const version = await saveVersion(deps.state, { text, why: 'start', now: deps.clock.now() });
  return { config, change, version, github: deps.githubFor(config) };
}

/** Invalid settings are not loaded. */
async function takeUp(
  deps: SupervisorDeps,
  current: InForce,
  { wish, memory }: { wish: Wish; memory: Memory },
): Promise<InForce> {
  const checked = checkHostConfig(await deps.state.settings());
  memory.renew();
  if (checked.ok) {
    deps.log(`loaded the changed settings: ${scopeName(checked.config.scope)}`);
    return inForce(deps, checked.config, wish.change);
  }
  deps.log(`kept the current settings, because the new ones are invalid: ${checked.faults.join(' ')}`);
  return { ...current, change: wish.change };
}

/** @returns undefined while there is something to do */
async function playRound(situation: Situation): Promise<Ended | undefined> {
  const { deps, memory, mode, config } = situation;
  const { runners, containers } = await lookAround(situation);
  const now = deps.clock.now();
  const isAllRefused = runners.every(({ name }) => memory.refused.has(name));
  const isOver = deps.hasTime?.() === false;
  if (isOver || (mode !== 'serve' && containers.length === 0 && isAllRefused)) {
    return { left: runners.map(({ name, scope }) => `${name} (${scopeName(scope)})`) };
  }
  memory.trouble = undefined;
  const steps = planRound({
    now,
    mode,
    configuration: configurationKey(config),
    wanted: config.runners,
    runners,
    containers,
    missingFor: new Map([...memory.missing].map(([name, { since, last }]) => [name, last - since])),
    coming: new Set(runners.flatMap((runner) => (mayStillStart(memory, runner, now) ? [runner.name] : []))),
    resting: new Set([...memory.restUntil].flatMap(([name, until]) => (until > now ? [name] : []))),
  });
  await Promise.all(
    steps.map(async (step) => {
      try {
        await carryOut(situation, step);
      } catch (error) {
        if (!(error instanceof OperationalError)) throw error;
        memory.trouble = error.message;
        deps.log(error.message);
        if (step.kind !== 'launch') rest(memory, 'name' in step ? step.name : step.runner.name, now + 5000);
      }
    }),
  );
  return undefined;
}

async function report({ deps, mode, memory, config }: Situation, change: number): Promise<void> {
  const now: Omit<Report, 'at'> = {
    processId: deps.processId,
    mode,
    change,
    configuration: configurationKey(config),
    ...(memory.trouble === undefined ? {} : { trouble: memory.trouble }),
    ...(memory.isHeld && deps.clock.now() < memory.holdUntil ? { held: memory.holdReason ?? '' } : {}),
  };
  const text = JSON.stringify(now);
  if (text === memory.reported) return;
  memory.reported = text;
  await deps.state.putReport({ at: deps.clock.now(), ...now });
}
