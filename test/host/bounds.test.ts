/**
 * A single host's limits: how many runners it starts at once, how much of a log it keeps, and when it retries. The
 * numbers are literal, so that a raised limit fails.
 */
import { describe, expect, it } from '@jest/globals';
import { checkHostConfig } from '../../lib/host/check-config.ts';
import { collect, forget } from '../../lib/host/end-runner.ts';
import { findGroup } from '../../lib/host/group.ts';
import { lookAround } from '../../lib/host/look-around.ts';
import { createMemory } from '../../lib/host/memory.ts';
import type { Situation } from '../../lib/host/situation.ts';
import { carryOut } from '../../lib/host/steps.ts';
import type { HostGitHub, ShownRunner } from '../../lib/ports/host-github.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryEngine } from '../fakes/container-engine.ts';
import { createMemoryHostState } from '../fakes/host-state.ts';
import { organizationSettings } from './world.ts';

const name = 'mayfly-a1b2c3-00000001';
const scope = { kind: 'organization', organization: 'acme' } as const;
const runner = { name, scope, configuration: '', bornAt: 0 };

/** GitHub registers every runner, but its lists show only those of other hosts. */
function givenSituation({
  removes = 'absent' as 'absent' | 'busy',
  settings = organizationSettings,
  others = [] as readonly ShownRunner[],
} = {}) {
  const checked = checkHostConfig(settings);
  if (!checked.ok) throw new Error(checked.faults.join('\n'));
  const engine = createMemoryEngine();
  const clock = createMemoryClock();
  const github: HostGitHub = {
    register: async () => ({ ok: true, value: { runnerId: 1, jitConfig: 'config' } }),
    list: async () => ({ ok: true, value: { runners: others, isComplete: true } }),
    remove: async () => ({ ok: true, value: removes }),
    group: async () => ({ ok: true, value: undefined }),
    repository: async () => ({ ok: false, refusal: { kind: 'not-found', message: 'no' } }),
  } as HostGitHub;
  const state = createMemoryHostState(settings);
  const deps = { engine, clock, state, chance: createMemoryChance(7), log: () => undefined };
  const memory = createMemory(clock.now());
  const { config } = checked;
  const situation = { deps, config, github, hostId: 'a1b2c3', mode: 'serve', memory, version: 1 };
  return { situation: situation as unknown as Situation, engine, memory, now: clock.now() };
}

it('starts at most four runners in a round', async () => {
  const { situation, engine } = givenSituation();
  await carryOut(situation, { kind: 'launch', count: 10 });
  expect(engine.started).toHaveLength(4);
});

describe('a runner that ended without a job', () => {
  it('has its last five hundred lines saved', async () => {
    const { situation, engine } = givenSituation();
    const asked: number[] = [];
    engine.logs = async (_, lines) => {
      asked.push(lines);
      return '';
    };
    await collect(situation, name);
    expect(asked).toEqual([500]);
  });

  it.each([
    [1, 2],
    [8, 256],
    [9, 300],
    [30, 300],
  ])('delays the next one: the one after %i of them by %i s', async (failures, seconds) => {
    const { situation, memory, now } = givenSituation();
    memory.failures = failures - 1;
    await collect(situation, name);
    expect(memory.holdUntil - now).toBe(seconds * 1000);
  });
});

it.each([
  ['it runs a job', 'busy', 30],
  ['a list may still show it', 'absent', 5],
] as const)('retries the removal of a registration if %s', async (_, removes, seconds) => {
  const { situation, memory, now } = givenSituation({ removes });
  await forget(situation, runner);
  expect(memory.restUntil.get(name)! - now).toBe(seconds * 1000);
});

it('checks its runner group again after a minute', async () => {
  const { situation } = givenSituation({ settings: `${organizationSettings}RUNNER_GROUP=builders\n` });
  const found = await findGroup(situation.config, situation.github);
  expect(found).toMatchObject({ ok: false, retrySeconds: 60 });
});

it.each([
  ['every half a minute', true, 30],
  ['every five seconds until the first runner is online', false, 5],
])('reads GitHub’s list %s', async (_, hasWorked, seconds) => {
  const { situation, memory, now } = givenSituation();
  memory.hasWorked = hasWorked;
  await lookAround(situation);
  expect(memory.listAt - now).toBe(seconds * 1000);
});

it.each([
  [1_000, 30],
  [1_001, 33],
  [10_000, 300],
])('reads a list of %i runners, of all hosts, every %i s: 1,200 pages an hour', async (count, seconds) => {
  const others = new Array(count).fill({ name: 'other', online: true, busy: false, labels: [] });
  const { situation, memory, now } = givenSituation({ others });
  memory.hasWorked = true;
  await lookAround(situation);
  expect(memory.listAt - now).toBe(seconds * 1000);
});

it('does not read a long list sooner because it failed halfway', async () => {
  const others = new Array(10_000).fill({ name: 'other', online: true, busy: false, labels: [] });
  const { situation, memory, now } = givenSituation({ others });
  memory.hasWorked = true;
  await lookAround(situation);
  Object.assign(situation.github, {
    list: async () => ({ ok: false, refusal: { kind: 'forbidden', message: 'after 60 pages' } }),
  });
  memory.listAt = now;
  await lookAround(situation);
  expect(memory.listAt - now).toBe(300_000);
});
