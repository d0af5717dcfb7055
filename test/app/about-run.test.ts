/** Facts that only GitHub knows of a run: asked where an expression names one, once a run, and waited for while GitHub refuses. */
import { describe, expect, it } from '@jest/globals';
import { aboutRun } from '../../lib/app/admission/about-run.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import type { GitHubRefusal, RunAbout } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenJob, givenTenant } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const url = 'https://controller.example.com/';
const noPushes = 'run.event == "push"';
const runId = 1000;
const usual: RunAbout = {
  attempt: 1,
  ref: 'main',
  event: 'push',
  fork: false,
  actor: 'octocat',
  path: '.github/workflows/build.yml',
};

async function givenRun(about: Partial<RunAbout>, ...controllers: Controller[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })] });
  await putControllers(platform.controllers, ...controllers);
  const putRun = (over: Partial<RunAbout>) =>
    platform.github.putRun('acme/app', {
      runId,
      completed: false,
      conclusion: null,
      about: { ...usual, ...over },
    });
  putRun(about);
  let calls = 0;
  const { getRun } = platform.github;
  platform.github.getRun = (...asked) => {
    calls += 1;
    return getRun(...asked);
  };
  return { platform, putRun, calls: () => calls };
}
const queued = (n: number, over = {}) =>
  givenEvent({ jobId: JobId(n), repositoryId: 7, delivery: `d-${n}`, runId, runAttempt: 1, ...over });
async function judge(platform: Platform) {
  await platform.deliverAdmission();
  await platform.deliverPokes();
}
/** The sweep of so much later. */
async function look(platform: Platform, milliseconds: number) {
  platform.clock.advance(milliseconds);
  await platform.sweep();
  await platform.deliverPokes();
}
const stateOf = async (platform: Platform, n = 1) => {
  const job = await platform.job(n);
  return [job?.state, job?.reason?.code ?? job?.admission?.state];
};
const decisionsOf = (platform: Platform, n = 1) => platform.controllers.decisionsOfJob(acme, JobId(n));
const refuse = (platform: Platform, times: number, refusal: GitHubRefusal) =>
  platform.github.failNext('getRun', ...Array.from({ length: times }, () => ({ refusal })));
const notFound: GitHubRefusal = { kind: 'not-found', message: 'no run' };
const limited: GitHubRefusal = { kind: 'limited', retryAfterSeconds: 900 };

describe('a run', () => {
  it('is asked about under the current name of its repository', async () => {
    const { platform } = await givenRun({}, givenRules({}, noPushes));
    await platform.accept(queued(1, { repositoryId: platform.github.repositoryId('acme/app') }));
    platform.github.setFormerNames('gone');
    platform.github.renameRepository(acme, 'app', 'renamed');
    await judge(platform);
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
  });

  it('uses the job’s attempt if GitHub shows a later one', async () => {
    const { platform } = await givenRun({ attempt: 2 }, givenRules({}, 'run.attempt > 1'));
    await platform.accept(queued(1));
    await judge(platform);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });
});

describe('a rule about facts that only GitHub has', () => {
  it.each([
    [noPushes, {}, 'done', 'controller-rejected'],
    [noPushes, { event: 'pull_request' }, 'covered', 'admitted'],
    ['run.fork', { fork: true }, 'done', 'controller-rejected'],
    ['run.ref.startsWith("release/")', { ref: 'release/1' }, 'done', 'controller-rejected'],
    ['run.actor == "mallory" || run.attempt > 1', {}, 'covered', 'admitted'],
    ['workflow.path == ".github/workflows/build.yml"', {}, 'done', 'controller-rejected'],
  ])('is evaluated with GitHub’s answer: %s of %j', async (rule, about, state, word) => {
    const { platform, calls } = await givenRun(about, givenRules({}, rule));
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
    await judge(platform);
    expect(await stateOf(platform)).toEqual([state, word]);
    expect(calls()).toBe(1);
  });

  it('is evaluated with GitHub’s answer also beside one that needs none', async () => {
    const { platform, calls } = await givenRun(
      { event: 'schedule' },
      givenRules({}, noPushes, 'job.tier == "large"'),
    );
    await platform.accept(queued(1));
    await judge(platform);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect(calls()).toBe(1);
  });

  it('costs no call for other jobs of the run soon after GitHub refused', async () => {
    const { platform, calls } = await givenRun({}, givenRules({}, noPushes));
    refuse(platform, 1, notFound);
    await platform.accept(queued(1));
    await judge(platform);
    platform.clock.advance(5_000);
    await platform.accept(queued(2));
    await judge(platform);
    expect(calls()).toBe(1);
  });

  it('costs one call for all jobs of a run, even if they arrive at the same moment', async () => {
    const { platform, calls } = await givenRun({ event: 'schedule' }, givenRules({}, noPushes));
    await platform.accept(queued(1), queued(2));
    await judge(platform);
    await platform.accept(queued(3));
    await judge(platform);
    for (const n of [1, 2, 3]) expect((await decisionsOf(platform, n))[0]?.outcome).toBe('admitted');
    expect(calls()).toBe(1);
  });

  it('costs one more call in the life of a job, for both gates together and despite duplicate messages', async () => {
    const { platform, calls } = await givenRun({ event: 'schedule' }, givenRules({}, noPushes));
    await platform.accept(queued(1));
    const [message] = platform.queues.admission;
    await judge(platform);
    platform.queues.admission.push(message!, message!);
    await judge(platform);
    const machine = platform.liveMachines()[0]!;
    await platform.claim(machine);
    await platform.confirm(machine, undefined, true);
    await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }));
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
    expect(calls()).toBe(1);
  });

  it('is evaluated at the start gate too, for a job that was unknown before', async () => {
    const { platform, calls } = await givenRun({ event: 'schedule' }, givenRules({}, noPushes));
    await platform.accept(queued(1));
    await judge(platform);
    const machine = platform.liveMachines()[0]!;
    await platform.claim(machine);
    await platform.confirm(machine, undefined, true);
    const taken = { runId: 1001, action: 'in_progress', runnerName: machine } as const;
    platform.github.putRun('acme/app', { runId: 1001, completed: false, conclusion: null, about: usual });
    await platform.follow(queued(2, taken));
    expect(await platform.start(machine)).toMatchObject({ action: 'again' });
    await platform.deliverAdmission();
    expect(await platform.start(machine)).toMatchObject({ action: 'reject' });
    expect(calls()).toBe(2);
  });

  it('asks again about another attempt, and waits until GitHub shows it', async () => {
    const { platform, putRun, calls } = await givenRun({}, givenRules({}, 'run.attempt == 2'));
    await platform.accept(queued(1));
    await judge(platform);
    await platform.accept(queued(2, { runAttempt: 2 }));
    await judge(platform);
    expect((await platform.job(2))?.admission).toMatchObject({
      state: 'asked',
      reason: 'GitHub shows attempt 1 of the run',
    });
    putRun({ attempt: 2 });
    await look(platform, 61_000);
    await judge(platform);
    expect(await stateOf(platform, 2)).toEqual(['done', 'controller-rejected']);
    expect(calls()).toBe(3);
  });

  it('asks separately for each job whose attempt is unknown', async () => {
    const { platform, calls } = await givenRun({}, givenRules({}, 'run.attempt > 1'));
    await platform.accept(queued(1, { runAttempt: undefined }), queued(2, { runAttempt: undefined }));
    await judge(platform);
    expect(calls()).toBe(2);
  });
});

describe('nobody asks GitHub', () => {
  it.each([
    ['a rule that names none of it', givenRules({}, 'job.tier == "large"')],
    ['a controller that is exempt', givenRules({ exemptRepositories: [7] }, noPushes)],
    ['a match that leaves the job out', givenRules({ match: 'job.tier == "large"' }, noPushes)],
    ['a disabled controller', givenRules({ state: 'disabled' }, noPushes)],
  ])('for %s', async (_what, controller) => {
    const { platform, calls } = await givenRun({}, controller);
    await platform.accept(queued(1));
    await judge(platform);
    expect((await platform.job(1))?.state).toBe('covered');
    expect(calls()).toBe(0);
  });
});

describe('an external controller', () => {
  const byHttps = (over: Partial<Controller> = {}) =>
    givenController({
      state: 'enabled',
      scopes: [givenScope({ kind: 'installation' })],
      transport: { kind: 'https', url },
      ...over,
    });

  it.each([
    [{ match: 'workflow.path != ""' }, { event: 'push', ref: 'main' }, 1],
    [{}, {}, 0],
  ])('with %j receives %j about the run', async (over, told, asked) => {
    const { platform, calls } = await givenRun({}, byHttps(over));
    const put = [{ id: 'sec_1', value: 'whsec_b2xk', createdAt: '2026-11-21T12:00:00.000Z' }];
    await platform.controllers.saveSecrets(acme, 'ctl_1', { from: [], put });
    platform.callbacks.controllers.set(url, () => ({ kind: 'answered', vote: 'admit' }));
    await platform.accept(queued(1));
    await judge(platform);
    const [call] = platform.callbacks.asked;
    expect(call?.body.facts.run).toMatchObject({ id: runId, ...told });
    expect(call?.body.facts.run.event).toBe('event' in told ? 'push' : undefined);
    expect(calls()).toBe(asked);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });
});

describe('while GitHub refuses', () => {
  it('the job is held with the reason, and admitted once GitHub answers', async () => {
    const { platform } = await givenRun({ event: 'schedule' }, givenRules({ onFailure: 'admit' }, noPushes));
    refuse(platform, 1, notFound);
    await platform.accept(queued(1));
    await judge(platform);
    await look(platform, 31_000);
    await judge(platform);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    expect((await decisionsOf(platform)).map(({ outcome }) => outcome)).toEqual(['admitted']);
  });

  it('no message and no other job of the run asks before the time is over', async () => {
    const { platform, calls } = await givenRun({}, givenRules({}, noPushes));
    refuse(platform, 1, notFound);
    await platform.accept(queued(1));
    const [message] = platform.queues.admission;
    await judge(platform);
    await platform.accept(queued(2));
    platform.queues.admission.push(message!);
    await judge(platform);
    expect(calls()).toBe(1);
    expect((await platform.job(2))?.admission?.reason).toContain('no run');
  });

  it('no call is made for as long as a rate limit of GitHub lasts', async () => {
    const { platform } = await givenRun({}, givenRules({}, noPushes));
    refuse(platform, 1, limited);
    await platform.accept(queued(1));
    await judge(platform);
    const { admission } = (await platform.job(1))!;
    expect(admission).toMatchObject({ state: 'asked', failures: 1 });
    expect(admission!.againAt! - platform.clock.now()).toBe(900_000);
  });

  it('a rate limit holds another job of the run for the rest of that time', async () => {
    const { platform, calls } = await givenRun({}, givenRules({}, noPushes));
    refuse(platform, 1, limited);
    await platform.accept(queued(1));
    await judge(platform);
    platform.clock.advance(100_000);
    await platform.accept(queued(2));
    await judge(platform);
    const { admission } = (await platform.job(2))!;
    expect(admission!.againAt! - platform.clock.now()).toBe(800_000);
    expect(calls()).toBe(1);
  });

  it.each([
    ['reject', ['done', 'controller-unavailable'], 'unavailable'],
    ['admit', ['covered', 'failed-open'], 'failed-open'],
  ] as const)(
    'until the last attempt, the failure policy %s applies and is recorded',
    async (onFailure, state, outcome) => {
      const { platform } = await givenRun({}, givenRules({ onFailure }, noPushes));
      const lost = new OperationalError('No answer.', { code: 'TimeoutError', retryable: true });
      platform.github.failNext('getRun', ...Array.from({ length: 7 }, () => ({ error: lost })));
      await platform.accept(queued(1));
      const waits: number[] = [];
      for (let n = 0; n < 6; n += 1) {
        await judge(platform);
        expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
        expect(await decisionsOf(platform)).toEqual([]);
        waits.push(((await platform.job(1))!.admission!.againAt! - platform.clock.now()) / 1000);
        await look(platform, waits.at(-1)! * 500);
        expect((await platform.job(1))?.reason?.text).toContain('GitHub did not answer (TimeoutError)');
        await look(platform, waits.at(-1)! * 500);
      }
      expect(waits).toEqual([30, 60, 120, 240, 480, 600]);
      await judge(platform);
      expect(await stateOf(platform)).toEqual(state);
      expect((await decisionsOf(platform)).map((decision) => decision.outcome)).toEqual([outcome]);
    },
  );

  it('a controller in dry run delays no job, and its failure is recorded', async () => {
    const { platform } = await givenRun({}, givenRules({ state: 'dry_run' }, noPushes));
    refuse(platform, 1, notFound);
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
    await judge(platform);
    expect((await decisionsOf(platform)).flatMap(({ votes }) => votes)).toMatchObject([
      { vote: 'failed', enforced: false },
    ]);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });

  it('and the function that asked died, another one asks soon', async () => {
    const { platform, calls } = await givenRun({ event: 'schedule' }, givenRules({}, noPushes));
    const now = platform.clock.now();
    const mark = { value: {}, expiresAt: now + 15_000, version: 0, now };
    await platform.notes.writeIf(`runs/${acme}/${runId}/1`, mark);
    await platform.accept(queued(1));
    await judge(platform);
    expect(calls()).toBe(0);
    expect((await platform.job(1))?.admission?.reason).toBe('GitHub is still being asked about the run');
    await look(platform, 31_000);
    await judge(platform);
    expect(await stateOf(platform)).toEqual(['covered', 'admitted']);
  });
});

describe('a controller in dry run', () => {
  it('has its vote recorded with GitHub’s answer', async () => {
    const { platform, calls } = await givenRun({}, givenRules({ state: 'dry_run' }, noPushes));
    await platform.accept(queued(1));
    await judge(platform);
    expect((await decisionsOf(platform)).flatMap(({ votes }) => votes)).toMatchObject([
      { vote: 'reject', reason: 'rule 1', enforced: false },
    ]);
    expect([await stateOf(platform), calls()]).toEqual([['covered', 'admitted'], 1]);
  });
});

describe('a function that asks GitHub about a run', () => {
  const job = givenJob({ runId, runAttempt: 1 });
  const dies = () => Promise.reject(new Error('died'));

  it('keeps others from asking for fifteen seconds if it dies', async () => {
    const { platform } = await givenRun({});
    await expect(aboutRun({ ...platform, loadGitHub: dies }, job)).rejects.toThrow('died');
    const deps = { ...platform, loadGitHub: async () => platform.github };
    expect(await aboutRun(deps, job)).toMatchObject({ kind: 'refused' });
    platform.clock.advance(12_300);
    expect(await aboutRun(deps, job)).toMatchObject({ kind: 'known' });
  });

  it('keeps the answer that another one stored if its own call is refused late', async () => {
    const { platform, calls } = await givenRun({});
    const deps = { ...platform, loadGitHub: async () => platform.github };
    const stalled = async () => {
      platform.clock.advance(15_000);
      await aboutRun(deps, job);
      refuse(platform, 1, limited);
      return platform.github;
    };
    expect(await aboutRun({ ...platform, loadGitHub: stalled }, job)).toMatchObject({ kind: 'known' });
    expect(await aboutRun(deps, job)).toMatchObject({ kind: 'known' });
    expect(calls()).toBe(2);
  });

  it('remembers for at most an hour that GitHub accepts no calls', async () => {
    const { platform } = await givenRun({});
    refuse(platform, 1, { kind: 'limited', retryAfterSeconds: 7_200 });
    const deps = { ...platform, loadGitHub: async () => platform.github };
    expect(await aboutRun(deps, job)).toMatchObject({ kind: 'refused', retryAfterSeconds: 3_600 });
    platform.clock.advance(3_600_000);
    expect(await aboutRun(deps, job)).toMatchObject({ kind: 'known' });
  });
});
