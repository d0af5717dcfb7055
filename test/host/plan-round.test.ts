/** What a round of a single host plans if containers may still appear, or there are too many. */
import { describe, expect, it } from '@jest/globals';
import { createMemory, noteMissing } from '../../lib/host/memory.ts';
import { planRound, type RoundView } from '../../lib/host/plan-round.ts';
import { isSettled } from '../../lib/host/settled.ts';
import type { Container } from '../../lib/ports/container-engine.ts';
import type { HostRunner } from '../../lib/ports/host-state.ts';

const runner = (name: string, configuration = 'now'): HostRunner => ({
  name,
  configuration,
  scope: { kind: 'organization', organization: 'acme' },
  bornAt: 0,
});
const container = (name: string, state: Container['state'] = 'running'): Container => ({
  name,
  state,
  exitCode: 0,
  labels: {},
});
const view = (seen: Partial<RoundView>): RoundView => ({
  now: 1_000_000,
  mode: 'serve',
  configuration: 'now',
  wanted: 2,
  runners: [],
  containers: [],
  missingFor: new Map(),
  coming: new Set(),
  resting: new Set(),
  ...seen,
});
const launches = (seen: Partial<RoundView>) => planRound(view(seen)).filter(({ kind }) => kind === 'launch');

describe('a round of a single host', () => {
  it('counts a container that an unanswered call may still create', () => {
    const runners = [runner('a')];
    expect(launches({ runners, coming: new Set(['a']) })).toEqual([{ kind: 'launch', count: 1 }]);
    expect(launches({ runners })).toEqual([{ kind: 'launch', count: 2 }]);
  });

  it('counts a container that was created and may be about to start', () => {
    const seen = { runners: [runner('a')], containers: [container('a', 'created')] };
    expect(launches(seen)).toEqual([{ kind: 'launch', count: 1 }]);
    expect(planRound(view(seen))).toContainEqual({ kind: 'collect', name: 'a' });
  });

  it('ends surplus runners without a job, by asking GitHub', () => {
    const names = ['a', 'b', 'c'];
    const seen = {
      runners: names.map((name) => runner(name)),
      containers: names.map((name) => container(name)),
    };
    const why = 'fewer runners are wanted';
    expect(planRound(view(seen))).toEqual([{ kind: 'retire', runner: runner('a'), why }]);
    // The first one turned out to have a job, and pauses; another one may have none.
    expect(planRound(view({ ...seen, resting: new Set(['a']) }))).toMatchObject([{ runner: { name: 'b' } }]);
  });

  it('ends no runner with the current settings while runners with older ones are surplus', () => {
    const runners = [runner('a', 'before'), runner('b'), runner('c')];
    const containers = runners.map(({ name }) => container(name));
    expect(planRound(view({ runners, containers }))).toMatchObject([{ runner: { name: 'a' } }]);
  });
});

describe("a runner that is missing in one of GitHub's lists", () => {
  it('counts as forgotten by GitHub only if a second list half a minute later confirms it', () => {
    const memory = createMemory(0);
    const missingFor = () =>
      new Map([...memory.missing].map(([name, { since, last }]) => [name, last - since]));
    const seen = { wanted: 1, runners: [runner('a')], containers: [container('a')] };
    noteMissing(memory, 'a', 1000);
    expect(planRound(view({ ...seen, missingFor: missingFor() }))).toEqual([]);
    noteMissing(memory, 'a', 32_000);
    expect(planRound(view({ ...seen, missingFor: missingFor() }))).toMatchObject([{ kind: 'end-ghost' }]);
  });
});

describe('nothing of a runner can appear any more', () => {
  it.each([
    ['a minute after the start of a supervisor that found its record', { startedAt: 100_000 }, 160_000],
    ['a minute after a call for it failed', { startedAt: 0, failedAt: 200_000 }, 260_000],
    ['once it has had a container, and GitHub’s lists are up to date', { launchedAt: 50_000 }, 60_000],
  ])('%s', (_when, { startedAt = 0, failedAt, launchedAt }: Times, settledAt) => {
    const memory = createMemory(startedAt);
    if (failedAt !== undefined) memory.unsure.set('a', failedAt);
    if (launchedAt !== undefined) memory.launched.set('a', launchedAt);
    const seen = [settledAt - 1, settledAt].map((now) => isSettled(memory, runner('a'), now));
    expect(seen).toEqual([false, true]);
  });
});

interface Times {
  readonly startedAt?: number;
  readonly failedAt?: number;
  readonly launchedAt?: number;
}
