import { describe, expect, it } from '@jest/globals';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { Report } from '../../lib/ports/host-state.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { createHostWorld, organizationSettings } from './world.ts';

const runningNames = (world: ReturnType<typeof createHostWorld>) =>
  [...world.engine.containers].flatMap(([name, { state }]) => (state === 'running' ? [name] : []));

describe('a single host that serves', () => {
  it('keeps the wanted number of runners, registered as configured', async () => {
    const world = createHostWorld();
    await world.supervise({ until: () => world.world.rounds > 3 });
    expect(runningNames(world)).toHaveLength(2);
    const [first] = [...world.github.registrations.values()];
    expect(first).toMatchObject({ labels: ['self-hosted', 'linux'], groupId: 1 });
    expect(first?.name).toMatch(/^mayfly-a1b2c3-[0-9a-f]{8}$/);
    expect(world.registrations().sort()).toEqual(runningNames(world).sort());
  });

  it('gives each job its own container, and no credential', async () => {
    const world = createHostWorld({ jobs: 5 });
    await world.supervise({ until: () => world.world.done === 5 });
    expect(new Set(world.engine.started).size).toBe(world.engine.started.length);
    expect(world.engine.started.length).toBeGreaterThanOrEqual(5);
    for (const { made } of nonEmpty(world.engine.containers.values())) {
      expect(Object.keys(made.environment)).toEqual(['ACTIONS_RUNNER_INPUT_JITCONFIG']);
    }
    expect(world.state.logs.size).toBeGreaterThan(0);
  });

  it('marks the settings as working once GitHub shows a runner of them online', async () => {
    const world = createHostWorld();
    await world.supervise({ until: () => world.world.rounds > 5 });
    expect(await world.state.versions()).toMatchObject([{ number: 1, worked: true }]);
  });

  it('replaces a runner that GitHub has forgotten, but not one whose job is still finishing', async () => {
    const world = createHostWorld();
    await world.supervise({ until: () => world.world.rounds > 4 });
    const [gone = '', finishing = ''] = runningNames(world);
    world.github.registrations.clear();
    world.engine.containers.get(finishing)?.programs.push('Runner.Worker');
    await world.supervise({
      until: () => !runningNames(world).includes(gone) && runningNames(world).length === 2,
    });
    expect(runningNames(world)).toContain(finishing);
  });

  it("keeps idle runners beyond the end of GitHub's list", async () => {
    const world = createHostWorld({ mostListed: 1 });
    await world.supervise({ until: () => world.world.rounds > 60 });
    expect(world.engine.started).toHaveLength(2);
    expect(runningNames(world)).toHaveLength(2);
  });

  it('is not held up by a runner that ended without a job, which may be the only one', async () => {
    const world = createHostWorld({ settings: organizationSettings.replace('2', '1') });
    await world.supervise({ until: () => runningNames(world).length === 1 });
    world.engine.end(runningNames(world)[0] ?? '', 'no such library\n');
    const reports: (Report | undefined)[] = [];
    const putReport = world.state.putReport;
    world.state.putReport = async (report) => {
      reports.push(report);
      await putReport(report);
    };
    await world.supervise({ until: () => runningNames(world).length === 1 });
    expect(reports.map((report) => report?.held)).toEqual(reports.map(() => undefined));
    expect(reports.some((report) => /ended without a job/.test(report?.trouble ?? ''))).toBe(true);
  });

  it('waits longer and longer if runners end without a job', async () => {
    const world = createHostWorld({ settings: organizationSettings.replace('2', '1') });
    const endAll = () => {
      for (const name of runningNames(world)) world.engine.end(name, 'no such library\n');
      return world.world.rounds > 60;
    };
    await world.supervise({ until: endAll });
    expect(world.engine.started.length).toBeLessThan(9);
    expect((await world.state.report())?.trouble).toMatch(/ended without a job.*no such library/);
  });

  it('reports what GitHub refuses, and waits as long as GitHub says', async () => {
    const world = createHostWorld();
    const refusal = { kind: 'limited', retryAfterSeconds: 90 } as const;
    world.github.failNext('createJitConfig', { refusal });
    await world.supervise({ until: () => world.world.rounds > 40 });
    expect(await world.state.report()).toMatchObject({
      trouble: expect.stringMatching(/rate limit is used up/),
      held: expect.stringMatching(/rate limit is used up/),
    });
    expect(world.engine.started).toEqual([]);
    await world.supervise({ until: () => world.engine.started.length === 2 });
  });

  it('starts no runner in a group that admits more than the allowed repositories', async () => {
    const settings = `${organizationSettings}RUNNER_GROUP=builders\nALLOWED_REPOSITORIES=app\n`;
    const world = createHostWorld({ settings });
    const [app, web] = ['acme/app', 'acme/web'].map(world.github.repositoryId) as [number, number];
    const group = {
      id: 7,
      name: 'builders',
      visibility: 'selected',
      allowsPublicRepositories: false,
    } as const;
    const install = 1 as Parameters<typeof world.github.putGroup>[0];
    world.github.putGroup(install, { ...group, selectedRepositoryIds: [app, web] });
    await world.supervise({ until: () => world.world.rounds > 3 });
    expect((await world.state.report())?.trouble).toMatch(
      /builders admits a repository beyond .*Ask its owner to remove it at .*, or add it to ALLOWED_REPOSITORIES\.$/,
    );
    world.github.putGroup(install, { ...group, selectedRepositoryIds: [app] });
    await world.supervise({ until: () => world.engine.started.length === 2 });
    expect([...world.github.registrations.values()].map(({ groupId }) => groupId)).toEqual([7, 7]);
  });

  it('survives an engine and a GitHub that do not answer', async () => {
    const world = createHostWorld();
    world.engine.fault = 'down';
    await world.supervise({ until: () => world.world.rounds > 3 });
    expect((await world.state.report())?.trouble).toMatch(/Cannot connect/);
    world.engine.fault = undefined;
    await world.supervise({ until: () => runningNames(world).length === 2 });
  });

  it('leaves a runner alone for five seconds after a step that failed, three rounds of two', async () => {
    const world = createHostWorld({ settings: organizationSettings.replace('2', '1') });
    await world.supervise({ until: () => runningNames(world).length === 1 });
    world.engine.end(runningNames(world)[0] ?? '', '');
    const asked: number[] = [];
    world.engine.logs = async () => {
      asked.push(world.clock.now());
      throw new OperationalError('The engine does not answer.', { code: 'unavailable', retryable: true });
    };
    const from = world.world.rounds;
    await world.supervise({ until: () => world.world.rounds > from + 8 });
    expect(asked.map((at) => at - asked[0]!)).toEqual([0, 6_000, 12_000]);
  });

  it('applies changed settings without interrupting a job', async () => {
    const world = createHostWorld({ jobs: 1 });
    await world.supervise({ until: () => world.world.waiting === 0 });
    await world.state.putSettings('GITHUB_REPOSITORY=acme/app\nLABELS=linux\nRUNNER_COUNT=2\n');
    await world.state.putWish({ mode: 'serve', change: 1 });
    const all = () => [...world.github.registrations.values()];
    const isDone = () => all().length === 2 && all().every(({ scope }) => scope.kind === 'repository');
    await world.supervise({ until: isDone });
    expect([world.lost, world.world.done]).toEqual([[], 1]);
  });
});

describe('a single host that stops', () => {
  it('waits for running jobs, starts no more, and leaves nothing', async () => {
    const world = createHostWorld({ jobs: 2 });
    await world.supervise({ until: () => world.world.waiting === 0 });
    const startedBefore = world.engine.started.length;
    await world.state.putWish({ mode: 'drain', change: 0 });
    expect(await world.supervise()).toEqual({ left: [] });
    expect([world.world.done, world.lost]).toEqual([2, []]);
    expect(world.engine.started).toHaveLength(startedBefore);
    expect([world.engine.containers.size, world.registrations()]).toEqual([0, []]);
  });

  it('cancels jobs if it must stop now', async () => {
    const world = createHostWorld({ jobs: 2 });
    await world.supervise({ until: () => world.world.waiting === 0 });
    for (const name of world.registrations()) world.github.setBusy(name, false);
    await world.state.putWish({ mode: 'end', change: 0 });
    expect(await world.supervise()).toEqual({ left: [] });
    expect([world.engine.containers.size, world.registrations()]).toEqual([0, []]);
  });

  it('reports which registrations GitHub did not let it remove', async () => {
    const world = createHostWorld();
    await world.supervise({ until: () => runningNames(world).length === 2 });
    for (const name of runningNames(world)) world.engine.end(name);
    const refusal = { kind: 'forbidden', message: 'Bad credentials' } as const;
    world.github.failNext('removeRunner', ...Array.from({ length: 50 }, () => ({ refusal })));
    await world.state.putWish({ mode: 'drain', change: 0 });
    expect(await world.supervise()).toEqual({
      left: [expect.stringMatching(/^mayfly-/), expect.any(String)],
    });
  });
});
