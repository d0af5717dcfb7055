/** What GitHub's answer about one job means: under which name it is asked, and when a 404 is believed. */
import { describe, expect, it } from '@jest/globals';
import { askAboutJob } from '../../lib/app/common/ask-about-job.ts';
import { currentName, inRepository } from '../../lib/app/common/in-repository.ts';
import type { GitHubJob } from '../../lib/core/github.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Answer, GitHub } from '../../lib/ports/github.ts';
import { lease0 } from '../contracts/support/stored.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { jobKey } from '../fakes/world.ts';
import { acmeAccount, givenJob, noon } from '../support/given.ts';

const ok = <Value>(value: Value) => ({ ok: true, value }) as const;
const refused = (kind: 'not-found' | 'forbidden' | 'invalid', message: string = kind) =>
  ({ ok: false, refusal: { kind, message } }) as const;
const notFound = refused('not-found');
const limited = { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 60 } } as const;

const status = (of: GitHubJob['status']) => ok({ status: of, conclusion: null, runnerName: null });
const queued = status('queued');
const run = (completed: boolean) => ok({ runId: 1000, completed, conclusion: null });
const repository = (fullName: string, ownerId = 1) => ok({ id: 11, fullName, ownerId, visibility: 'public' });
const elsewhere = repository('globex/app', 2);
const away = 'globex/app belongs to account 2 now, and belonged to 1';

/** A GitHub that says this, and the job's row. What it does not say, it does not find. */
function given(
  says: {
    readonly jobs?: Readonly<Record<string, Answer<GitHubJob>>>;
    readonly run?: unknown;
    readonly repository?: unknown;
    readonly installation?: unknown;
  },
  over: Partial<Job> = {},
) {
  const asked: string[] = [];
  const says404 = (kind: string, answer: unknown) => async () => {
    asked.push(kind);
    return answer ?? notFound;
  };
  const github = {
    getJob: async (_id: unknown, name: string) => {
      asked.push(`job of ${name}`);
      return says.jobs?.[name] ?? notFound;
    },
    getRun: says404('run', says.run),
    getRepository: says404('repository', says.repository),
    getInstallation: says404('installation', says.installation),
  } as unknown as GitHub;
  const { world, jobs } = createMemoryStores();
  const job = givenJob({ repositoryId: 11, ...over });
  const key = jobKey(job.installationId, job.jobId);
  world.rows.jobs.set(key, job);
  const deps = { github, jobs, clock: createMemoryClock(noon) };
  return { deps, job, asked, row: () => world.rows.jobs.get(key), world };
}

const inApp = (answer: Answer<GitHubJob>) => ({ jobs: { 'acme/app': answer } });

describe('a job that GitHub shows', () => {
  it.each<[string, Partial<Job>, GitHubJob['status'], unknown]>([
    ['is private', {}, 'queued', elsewhere],
    ['is public, of the same owner', { visibility: 'public' }, 'queued', repository('acme/app')],
    ['has begun', { visibility: 'public' }, 'in_progress', elsewhere],
    ['is over', { visibility: 'public' }, 'completed', elsewhere],
    [
      'is public, while GitHub answers nothing about its repository',
      { visibility: 'public' },
      'queued',
      limited,
    ],
  ])('still exists where it %s', async (_, over, of, repo) => {
    const { deps, job } = given({ ...inApp(status(of)), repository: repo }, over);
    expect(await askAboutJob(deps, job)).toEqual(status(of));
  });

  it.each<[string, Partial<Job>, GitHubJob['status']]>([
    ['is public', { visibility: 'public' }, 'queued'],
    ['is public and waits for an approval', { visibility: 'public' }, 'waiting'],
    ['lost a machine, and may be public by now', { formerLease: lease0 }, 'queued'],
  ])(
    'waits for the runners of another account where its repository was transferred and it %s',
    async (_, over, of) => {
      const { deps, job } = given({ ...inApp(status(of)), repository: elsewhere }, over);
      expect(await askAboutJob(deps, job)).toEqual(refused('not-found', away));
    },
  );

  it('exists, though its repository has no id to ask by', async () => {
    const { deps, job, asked } = given({ ...inApp(queued), repository: elsewhere }, { visibility: 'public' });
    const { repositoryId: _none, ...nameless } = job;
    expect(await askAboutJob(deps, nameless)).toEqual(queued);
    expect(asked).toEqual(['job of acme/app']);
  });

  it('costs one call if it cannot have been transferred', async () => {
    const { deps, job, asked } = given({ ...inApp(queued), repository: elsewhere });
    await askAboutJob(deps, job);
    expect(asked).toEqual(['job of acme/app']);
  });
});

describe('a job that GitHub does not show', () => {
  it.each([
    ['its run is over', run(true), notFound],
    ['its run is not there either', notFound, notFound],
    ['GitHub takes no question about its run', limited, limited],
  ])('is as GitHub reports it: %s', async (_, ofRun, answer) => {
    const { deps, job } = given({ run: ofRun });
    expect(await askAboutJob(deps, job)).toEqual(answer);
  });

  it('is not in doubt while its run is open', async () => {
    const { deps, job, row } = given({ run: run(false) }, { goneAt: noon });
    const message = 'GitHub shows run 1000 as open, but not its job 1.';
    expect(await askAboutJob(deps, job)).toEqual(refused('invalid', message));
    expect(row()).not.toHaveProperty('goneAt');
  });

  it('is in doubt though its run is open, if its public repository was transferred', async () => {
    const says = { run: run(false), repository: elsewhere };
    const { deps, job, row } = given(says, { goneAt: noon, visibility: 'public' });
    expect(await askAboutJob(deps, job)).toEqual(refused('not-found', away));
    expect(row()).toMatchObject({ goneAt: noon });
  });

  it('is not asked about further if GitHub accepts no calls', async () => {
    const { deps, job, asked } = given(inApp(limited));
    expect(await askAboutJob(deps, job)).toEqual(limited);
    expect(asked).toEqual(['job of acme/app']);
  });
});

describe('a repository', () => {
  const ask = ({ deps, job }: ReturnType<typeof given>) =>
    inRepository(deps, job, (name) => deps.github.getJob(job.installationId, name, job.jobId));

  it('is found under its name, and nothing is written', async () => {
    const world = given(inApp(queued));
    let renames = 0;
    world.world.beforeCall = () => void renames++;
    expect(await ask(world)).toEqual(queued);
    expect(renames).toBe(0);
  });

  it('is found under its new name, which is kept', async () => {
    const world = given({ jobs: { 'acme/web': queued }, repository: repository('acme/web') });
    expect(await ask(world)).toEqual(queued);
    expect(world.row()).toMatchObject({ repository: 'acme/web' });
  });

  it('is not looked up by its id if GitHub refuses for another reason', async () => {
    const world = given(inApp(refused('forbidden')));
    expect(await ask(world)).toEqual(refused('forbidden'));
    expect(world.asked).toEqual(['job of acme/app']);
  });

  it.each([
    ['is gone', refused('not-found', 'No such id.'), notFound],
    ['cannot be asked for now', limited, limited],
    // By its id it is there, in other letters; so its job is not.
    ['has the same name', repository('Acme/App'), notFound],
  ])('is asked about once if it %s', async (_, ofId, answer) => {
    const world = given({ repository: ofId });
    expect(await ask(world)).toEqual(answer);
    expect(world.asked).toEqual(['job of acme/app', 'repository']);
  });

  it('is asked about under at most three names, and keeps its own if none has the job', async () => {
    const world = given({});
    let names = 0;
    Object.assign(world.deps.github, {
      getRepository: async () => repository(`acme/name-${++names}`),
    });
    expect(await ask(world)).toEqual(notFound);
    const jobs = world.asked.filter((one) => one.startsWith('job'));
    expect(jobs).toEqual(['job of acme/app', 'job of acme/name-1', 'job of acme/name-2']);
    expect(world.row()).toMatchObject({ repository: 'acme/app' });
  });

  it('counts as the account’s own by its current name if its id is unknown', async () => {
    const { deps, job } = given({ installation: ok({ ...acmeAccount, accountLogin: 'acme-inc' }) });
    const { repositoryId: _none, ...nameless } = job;
    expect(await currentName(deps, nameless)).toEqual(ok('acme-inc/app'));
    const gone = given({});
    expect(await currentName(gone.deps, nameless)).toEqual(notFound);
  });

  it('is gone if another account has it now and its former owner is known', async () => {
    const { deps, job } = given({ repository: elsewhere });
    expect(await currentName(deps, job)).toEqual(refused('not-found', away));
    const { repositoryOwnerId: _none, ...ofNobody } = job;
    expect(await currentName(deps, ofNobody)).toEqual(ok('globex/app'));
  });
});
