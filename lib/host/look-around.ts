/**
 * Collects what exists: records, containers and, now and then, GitHub's registrations. Whatever has this host's mark but
 * no record gets one, so that it is cleaned up like the rest: a supervisor may have died during a request, or its folder
 * may have been lost.
 */
import type { RunnerScope } from '../core/github.ts';
import type { Container } from '../ports/container-engine.ts';
import type { ShownRunner, ShownRunners } from '../ports/host-github.ts';
import type { HostRunner } from '../ports/host-state.ts';
import { noteMissing } from './memory.ts';
import { configurationKey, labelNames, nameStart, runnerOf, scopeName } from './runner.ts';
import type { Situation } from './situation.ts';
import { markWorked } from './versions.ts';

const listMs = 30_000;
/** While nothing is known about the first runners, and while the host stops. */
const soonMs = 5000;
/** GitHub lists a hundred runners a page. So a long list takes at most 1,200 calls an hour, of 5,000 that a token has. */
const perPageMs = 3000;
const pageSize = 100;

export async function lookAround(
  situation: Situation,
): Promise<{ runners: readonly HostRunner[]; containers: readonly Container[] }> {
  const { deps, memory, hostId, mode } = situation;
  const now = deps.clock.now();
  const containers = await deps.engine.list([labelNames.host, hostId]);
  const runners = [...(await deps.state.runners())];
  for (const container of containers) {
    if (!memory.launched.has(container.name)) memory.launched.set(container.name, now);
    if (runners.some(({ name }) => name === container.name)) continue;
    const found = runnerOf(container, now);
    if (!found) continue;
    deps.log(`took over ${container.name}, which was not on record`);
    await deps.state.putRunner(found);
    runners.push(found);
  }
  if (now >= memory.listAt) {
    const isSoon = mode !== 'serve' || !memory.hasWorked;
    memory.listAt = now + (isSoon ? soonMs : listMs);
    const { found, shown } = await readRegistrations(situation, { runners, containers });
    // A list that fails halfway has also used calls.
    memory.listed = shown ?? memory.listed;
    memory.listAt = Math.max(memory.listAt, now + Math.ceil(memory.listed / pageSize) * perPageMs);
    runners.push(...found);
  }
  return { runners, containers };
}

/** @returns the runners that only GitHub knew, and how many it has shown, of all hosts; undefined: a list could not be read */
async function readRegistrations(
  situation: Situation,
  { runners, containers }: { runners: readonly HostRunner[]; containers: readonly Container[] },
): Promise<{ found: HostRunner[]; shown: number | undefined }> {
  const { config, deps, github, hostId } = situation;
  const scopes = new Map(
    [config.scope, ...runners.map(({ scope }) => scope)].map((scope) => [scopeName(scope), scope]),
  );
  const found: HostRunner[] = [];
  let shown: number | undefined = 0;
  for (const scope of scopes.values()) {
    const answer = await github.list(scope);
    if (!answer.ok) {
      shown = undefined;
      continue;
    }
    const listed = answer.value;
    if (shown !== undefined) shown += listed.runners.length;
    note(situation, { scope, listed, runners, containers });
    await noteWorked(situation, listed.runners, runners);
    for (const { name } of listed.runners) {
      const isOurs = name.startsWith(nameStart(config.namePrefix, hostId));
      if (!isOurs || runners.some((runner) => runner.name === name)) continue;
      deps.log(`found the registration ${name}, which was not on record`);
      // Its creator is gone, so no request of it is in flight.
      situation.memory.launched.set(name, deps.clock.now());
      const runner = { name, scope, configuration: '', bornAt: deps.clock.now() };
      await deps.state.putRunner(runner);
      found.push(runner);
    }
  }
  return { found, shown };
}

/** Since when the registrations of running containers have been missing, and until when. */
function note(
  { deps, memory }: Situation,
  seen: {
    scope: RunnerScope;
    listed: ShownRunners;
    runners: readonly HostRunner[];
    containers: readonly Container[];
  },
): void {
  const names = new Set(seen.listed.runners.map(({ name }) => name));
  for (const runner of seen.runners) {
    if (scopeName(runner.scope) !== scopeName(seen.scope)) continue;
    const runs = seen.containers.some(({ name, state }) => name === runner.name && state === 'running');
    if (names.has(runner.name) || !runs) memory.missing.delete(runner.name);
    else if (seen.listed.isComplete) noteMissing(memory, runner.name, deps.clock.now());
  }
}

async function noteWorked(
  { config, deps, memory, version }: Situation,
  shown: readonly ShownRunner[],
  runners: readonly HostRunner[],
): Promise<void> {
  if (memory.hasWorked) return;
  const key = configurationKey(config);
  const own = new Set(runners.flatMap(({ name, configuration }) => (configuration === key ? [name] : [])));
  if (!shown.some(({ name, online, busy }) => own.has(name) && (online || busy))) return;
  memory.hasWorked = true;
  await markWorked(deps.state, version);
  deps.log(`GitHub shows a runner of ${scopeName(config.scope)} online`);
}
