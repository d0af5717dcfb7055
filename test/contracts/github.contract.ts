/**
 * What every GitHub port must do, run on the in-memory fake and on the real adapter against the stand-in. The tests
 * use only the port; whatever only GitHub's side can do (suspend, run a job) comes from the given world.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GitHubJob, RunnerScope } from '../../lib/core/github.ts';
import type { CallResource } from '../../lib/core/github-budget.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { GitHub, JitRequest } from '../../lib/ports/github.ts';

export interface GitHubContractWorld {
  readonly github: GitHub;
  install(account: {
    login: string;
    type: 'Organization' | 'User';
    repositories: readonly string[];
  }): InstallationId;
  suspend(installationId: InstallationId): void;
  uninstall(installationId: InstallationId): void;
  /** Makes GitHub give a job of `repository` to this runner. */
  makeBusy(runner: JitRequest & { jitConfig: string; repository: string }): Promise<void>;
  /** A job that nobody has taken, with the label `nobody`. */
  queueJob(repository: string, runId?: number): JobId;
  /** A webhook that reached no server; resolves once its failure is recorded. */
  failDelivery(): Promise<void>;
  cancelJob(repository: string, jobId: JobId): void;
  setFormerNames(answer: 'gone' | 'redirect'): void;
  renameAccount(installationId: InstallationId, login: string): void;
  renameRepository(installationId: InstallationId, name: string, to: string): void;
  transferRepository(installationId: InstallationId, name: string, owner: string): void;
  /** Creates or changes the organization's runner group of this name. `selected` groups name their repositories. */
  setGroup(
    login: string,
    group: {
      name: string;
      visibility?: 'all' | 'selected' | 'private';
      allowsPublicRepositories?: boolean;
      repositories?: readonly string[];
    },
  ): void;
  deleteGroup(login: string, name: string): void;
  setPublic(repository: string): void;
  /** Uses up all calls for an hour. Absent resource: all but registrations. */
  exhaust(installationId: InstallationId, resource?: CallResource): void;
  /** Leaves this many of 5,000 calls for an hour. */
  leave(installationId: InstallationId, calls: number): void;
  /** The next registration takes effect, but its answer is lost. */
  loseNextRegistrationAnswer(): void;
  registrations(): { name: string; labels: readonly string[] }[];
  stop(): Promise<void>;
}

const labels = ['self-hosted', 'linux', 'x64', 'small'];
const unknown = InstallationId(404);
const organization: RunnerScope = { kind: 'organization', organization: 'acme' };

export function githubContract(title: string, start: () => Promise<GitHubContractWorld>): void {
  describe(`GitHub: ${title}`, () => {
    let world: GitHubContractWorld;
    let acme: InstallationId;

    beforeEach(async () => {
      world = await start();
      acme = world.install({ login: 'acme', type: 'Organization', repositories: ['app'] });
    });
    afterEach(() => world.stop());

    const request = (given: Partial<JitRequest> = {}): JitRequest => ({
      installationId: acme,
      scope: organization,
      name: 'i-0001',
      labels,
      runnerGroupId: 1,
      ...given,
    });
    const register = async (given: Partial<JitRequest> = {}) => {
      const answer = await world.github.createJitConfig(request(given));
      if (!answer.ok) throw new Error(`not registered: ${JSON.stringify(answer.refusal)}`);
      return answer.value.jitConfig;
    };
    const busyRunner = async () => {
      const jitConfig = await register();
      await world.makeBusy({ ...request(), jitConfig, repository: 'acme/app' });
    };

    describe('installations', () => {
      it('returns who has installed the App', async () => {
        const answer = await world.github.getInstallation(acme);

        expect(answer).toEqual({
          ok: true,
          value: {
            accountId: expect.any(Number),
            accountLogin: 'acme',
            accountType: 'Organization',
            suspended: false,
            permissions: expect.objectContaining({ organization_self_hosted_runners: 'write' }),
          },
        });
      });

      it('shows a suspended one as suspended, and registers nothing for it', async () => {
        world.suspend(acme);

        expect(await world.github.getInstallation(acme)).toMatchObject({ value: { suspended: true } });
        expect(await world.github.createJitConfig(request())).toMatchObject({
          refusal: { kind: 'forbidden' },
        });
        expect(world.registrations()).toEqual([]);
      });

      it('does not find one that is unknown or gone', async () => {
        world.uninstall(acme);

        for (const installationId of [unknown, acme]) {
          const refused = { ok: false, refusal: { kind: 'not-found' } };
          expect(await world.github.getInstallation(installationId)).toMatchObject(refused);
          expect(await world.github.createJitConfig(request({ installationId }))).toMatchObject(refused);
        }
      });
    });

    describe('registrations', () => {
      it('registers a runner of the organization with its labels', async () => {
        const jitConfig = await register();

        expect(jitConfig).toMatch(/^[A-Za-z0-9+/]+=*$/);
        expect(world.registrations()).toEqual([{ name: 'i-0001', labels }]);
      });

      it('registers a runner of a repository of a user', async () => {
        const installationId = world.install({ login: 'joan', type: 'User', repositories: ['toys'] });

        await register({ installationId, scope: { kind: 'repository', owner: 'joan', repository: 'toys' } });

        expect(world.registrations()).toHaveLength(1);
      });

      it.each<[string, Partial<JitRequest>, string]>([
        ['no labels', { labels: [] }, 'invalid'],
        ['101 labels', { labels: Array.from({ length: 101 }, (_, n) => `l${n}`) }, 'invalid'],
        ['a name of 65 characters', { name: 'n'.repeat(65) }, 'invalid'],
        ['an unknown runner group', { runnerGroupId: 99 }, 'invalid'],
        [
          'a repository that is not installed',
          { scope: { kind: 'repository', owner: 'acme', repository: 'x' } },
          'not-found',
        ],
        ['another organization', { scope: { kind: 'organization', organization: 'other' } }, 'not-found'],
      ])('refuses %s', async (_title, given, kind) => {
        const answer = await world.github.createJitConfig(request(given));

        expect(answer).toMatchObject({ ok: false, refusal: { kind } });
        expect(world.registrations()).toEqual([]);
      });

      it('replaces an idle registration of the same name', async () => {
        const first = await register();

        const second = await register({ labels: ['other'] });

        expect(second).toEqual(expect.any(String));
        expect(first).toEqual(expect.any(String));
        expect(world.registrations()).toEqual([{ name: 'i-0001', labels: ['other'] }]);
      });

      it('registers again after an answer was lost', async () => {
        world.loseNextRegistrationAnswer();
        await expect(register()).rejects.toThrow(OperationalError);

        await register();

        expect(world.registrations()).toHaveLength(1);
      });

      it('does not replace a busy runner’s registration', async () => {
        await busyRunner();

        const answer = await world.github.createJitConfig(request({ labels: ['other'] }));

        expect(answer).toMatchObject({ ok: false, refusal: { kind: 'invalid' } });
        expect(world.registrations()).toEqual([{ name: 'i-0001', labels }]);
      });
    });

    describe('removal', () => {
      const remove = () => world.github.removeRunner(acme, organization, 'i-0001');

      it('removes an idle registration, and then finds it absent', async () => {
        await register();

        expect(await remove()).toMatchObject({ ok: true, value: 'removed' });
        expect(await remove()).toMatchObject({ ok: true, value: 'absent' });
        expect(world.registrations()).toEqual([]);
      });

      it('keeps a runner that is busy', async () => {
        await busyRunner();

        expect(await remove()).toMatchObject({ ok: true, value: 'busy' });
        expect(world.registrations()).toHaveLength(1);
      });
    });

    describe('jobs', () => {
      it('shows a job that nobody has taken', async () => {
        const jobId = world.queueJob('acme/app');

        const answer = await world.github.getJob(acme, 'acme/app', jobId);

        const job: GitHubJob = { status: 'queued', conclusion: null, runnerName: null };
        expect(answer).toMatchObject({ ok: true, value: job });
      });

      it('re-runs a job once it is over, and not before', async () => {
        const jobId = world.queueJob('acme/app');

        const early = await world.github.rerunJob(acme, 'acme/app', jobId);
        world.cancelJob('acme/app', jobId);

        expect(early).toMatchObject({ ok: false, refusal: { kind: 'forbidden' } });
        expect(await world.github.rerunJob(acme, 'acme/app', jobId)).toMatchObject({ value: 'asked' });
        expect(await world.github.rerunJob(acme, 'acme/app', JobId(1))).toMatchObject({
          refusal: { kind: 'not-found' },
        });
      });

      it("does not find an unknown job, or one of another installation's repository", async () => {
        world.install({ login: 'other', type: 'Organization', repositories: ['theirs'] });
        const theirs = world.queueJob('other/theirs');

        const refused = { ok: false, refusal: { kind: 'not-found' } };
        expect(await world.github.getJob(acme, 'acme/app', JobId(1))).toMatchObject(refused);
        expect(await world.github.getJob(acme, 'other/theirs', theirs)).toMatchObject(refused);
      });
    });

    describe('runner groups', () => {
      const groupNow = async (name?: string) => {
        const answer = await world.github.getRunnerGroup(acme, 'acme', name);
        return answer.ok ? answer.value : answer.refusal;
      };

      it('has a default one, for all repositories but the public ones', async () => {
        expect(await groupNow()).toMatchObject({
          id: 1,
          visibility: 'all',
          allowsPublicRepositories: false,
        });
        expect(await groupNow('none')).toBeUndefined();
      });

      it('finds one by its name in any case, with the repositories that it was selected for', async () => {
        world.setGroup('acme', { name: 'Builds', visibility: 'selected', repositories: ['app'] });
        const repositories = await world.github.listRepositories(acme);
        const [app] = repositories.ok ? repositories.value.items : [];

        const found = { name: 'Builds', visibility: 'selected', selectedRepositoryIds: [app?.id] };
        expect(await groupNow('builds')).toMatchObject(found);
        world.setGroup('acme', { name: 'Builds', visibility: 'all', allowsPublicRepositories: true });
        expect(await groupNow('builds')).toMatchObject({ visibility: 'all', allowsPublicRepositories: true });
        world.deleteGroup('acme', 'Builds');
        expect(await groupNow('builds')).toBeUndefined();
      });

      it('admits a repository and takes it out again, each once or more, in a group for selected ones', async () => {
        world.setGroup('acme', { name: 'builds', visibility: 'selected', repositories: [] });
        const group = await world.github.getRunnerGroup(acme, 'acme', 'builds');
        const groupId = (group.ok && group.value?.id) || 0;
        const repositories = await world.github.listRepositories(acme);
        const repositoryId = (repositories.ok && repositories.value.items[0]?.id) || 0;
        const admit = (isAdmitted: boolean, over: object = {}) =>
          world.github.admitToGroup(acme, 'acme', { groupId, repositoryId, isAdmitted, ...over });
        for (const isAdmitted of [true, true, false, false, true]) {
          expect(await admit(isAdmitted)).toMatchObject({ ok: true });
          const selectedRepositoryIds = isAdmitted ? [repositoryId] : [];
          expect(await groupNow('builds')).toMatchObject({ selectedRepositoryIds });
        }
        const notFound = { ok: false, refusal: { kind: 'not-found' } };
        expect(await admit(true, { repositoryId: 999_999 })).toMatchObject(notFound);
        expect(await admit(true, { groupId: 999_999 })).toMatchObject(notFound);
        expect(await admit(true, { groupId: 1 })).toMatchObject({ refusal: { kind: 'invalid' } });
      });

      it('registers a runner in one, and in none that was deleted', async () => {
        world.setGroup('acme', { name: 'builds' });
        const found = await world.github.getRunnerGroup(acme, 'acme', 'builds');
        const runnerGroupId = (found.ok && found.value?.id) || 0;
        expect(await world.github.createJitConfig(request({ runnerGroupId }))).toMatchObject({ ok: true });

        world.deleteGroup('acme', 'builds');
        const again = await world.github.createJitConfig(request({ name: 'i-0002', runnerGroupId }));
        expect(again).toMatchObject({ refusal: { kind: 'invalid' } });
      });

      it('are shown of no other organization, and of no user', async () => {
        const joan = world.install({ login: 'joan', type: 'User', repositories: ['notes'] });
        expect(await world.github.getRunnerGroup(acme, 'other', undefined)).toMatchObject({ ok: false });
        expect(await world.github.getRunnerGroup(joan, 'joan', undefined)).toMatchObject({ ok: false });
      });
    });

    describe('lists', () => {
      it('shows which repositories are public', async () => {
        const visibility = async () => {
          const answer = await world.github.listRepositories(acme);
          return answer.ok ? answer.value.items.map((repository) => repository.visibility) : answer.refusal;
        };
        expect(await visibility()).toEqual(['private']);
        world.setPublic('acme/app');
        expect(await visibility()).toEqual(['public']);
      });

      it('shows the repositories that the installation reaches, and whose they are', async () => {
        const installation = await world.github.getInstallation(acme);
        const ownerId = installation.ok ? installation.value.accountId : 0;

        const answer = await world.github.listRepositories(acme);

        expect(answer).toMatchObject({ ok: true, value: { items: [{ fullName: 'acme/app', ownerId }] } });
        expect(await world.github.listRepositories(unknown)).toMatchObject({ ok: false });
      });

      it('shows queued runs and their jobs, and no others', async () => {
        const jobId = world.queueJob('acme/app', 77);

        expect(await world.github.listRuns(acme, 'acme/app', 'queued')).toMatchObject({
          ok: true,
          value: { items: [{ runId: 77, completed: false, conclusion: null }] },
        });
        expect(await world.github.listRuns(acme, 'acme/app', 'in_progress')).toMatchObject({
          ok: true,
          value: { items: [] },
        });
        expect(await world.github.listRunJobs(acme, 'acme/app', 77)).toMatchObject({
          value: { items: [{ jobId, labels: ['nobody'], status: 'queued', createdAt: expect.any(Number) }] },
        });
      });

      it('shows one run, and none that it does not know', async () => {
        world.queueJob('acme/app', 77);

        const about = {
          attempt: 1,
          ref: 'main',
          event: 'push',
          fork: false,
          actor: expect.stringMatching(/./),
          path: '.github/workflows/build.yml',
        };
        const run = { runId: 77, completed: false, conclusion: null, about };
        expect(await world.github.getRun(acme, 'acme/app', 77)).toMatchObject({ ok: true, value: run });
        expect(await world.github.getRun(acme, 'acme/app', 78)).toMatchObject({
          refusal: { kind: 'not-found' },
        });
        expect(await world.github.listRuns(acme, 'acme/other', 'queued')).toMatchObject({
          refusal: { kind: 'not-found' },
        });
      });

      it('shows the runners of a scope, and which of them are busy', async () => {
        await busyRunner();
        await register({ name: 'i-0002' });

        const answer = await world.github.listRunners(acme, organization);

        const runners = answer.ok ? [...answer.value.items] : [];
        expect(runners.sort((one, other) => one.name.localeCompare(other.name))).toEqual([
          { name: 'i-0001', online: true, busy: true },
          { name: 'i-0002', online: false, busy: false },
        ]);
      });

      it('shows deliveries that reached nobody among all, and delivers them again', async () => {
        await world.failDelivery();
        const before = await world.github.listDeliveries('any');
        const failed = before.ok ? before.value.items.at(-1) : undefined;
        expect(failed).toMatchObject({ statusCode: 0, guid: expect.any(String) });
        // GitHub lists a delivery as failed only if there was an answer, and this one had none.
        expect(await world.github.listDeliveries('failure')).toEqual({ ok: true, value: { items: [] } });

        expect(await world.github.redeliver(failed!.id)).toMatchObject({ ok: true, value: 'accepted' });
        expect(await world.github.redeliver(404)).toMatchObject({ refusal: { kind: 'not-found' } });
      });
    });

    describe('names that have changed', () => {
      const idOf = async (name: string) => {
        const answer = await world.github.listRepositories(acme);
        const found = answer.ok ? answer.value.items.find(({ fullName }) => fullName === name) : undefined;
        if (!found) throw new Error(`no ${name}`);
        return found.id;
      };

      it.each([
        ['gone', false],
        ['redirect', true],
      ] as const)('answers a former name of an account with: %s', async (answer, leadsOn) => {
        const jobId = world.queueJob('acme/app');
        const id = await idOf('acme/app');
        world.setFormerNames(answer);
        world.renameAccount(acme, 'acme-inc');

        expect(await world.github.getJob(acme, 'acme/app', jobId)).toMatchObject({ ok: leadsOn });
        expect(await world.github.createJitConfig(request())).toMatchObject({ ok: leadsOn });
        expect(await world.github.removeRunner(acme, organization, 'i-0001')).toMatchObject(
          leadsOn ? { value: 'removed' } : { refusal: { kind: 'not-found' } },
        );
        expect(await world.github.getJob(acme, 'acme-inc/app', jobId)).toMatchObject({ ok: true });
        const now = { id, fullName: 'acme-inc/app' };
        expect(await world.github.getRepository(acme, id)).toMatchObject({ ok: true, value: now });
      });

      it.each([
        ['gone', false],
        ['redirect', true],
      ] as const)('answers a former name of a repository with: %s', async (answer, leadsOn) => {
        const jobId = world.queueJob('acme/app', 77);
        const id = await idOf('acme/app');
        world.setFormerNames(answer);
        world.renameRepository(acme, 'app', 'web');

        expect(await world.github.getJob(acme, 'acme/app', jobId)).toMatchObject({ ok: leadsOn });
        const runs = await world.github.listRuns(acme, 'acme/app', 'queued');
        expect(runs).toMatchObject(leadsOn ? { value: { items: [{ runId: 77 }] } } : { ok: false });
        const scope = { kind: 'repository', owner: 'acme', repository: 'app' } as const;
        // The token is restricted by the repository's name, and a token request is not redirected.
        expect(await world.github.createJitConfig(request({ scope }))).toMatchObject({ ok: false });
        const now = { id, fullName: 'acme/web' };
        expect(await world.github.getRepository(acme, id)).toMatchObject({ ok: true, value: now });
      });

      it.each(['gone', 'redirect'] as const)(
        'does not show what was transferred, by name or by id: %s',
        async (answer) => {
          const jobId = world.queueJob('acme/app');
          const id = await idOf('acme/app');
          world.setFormerNames(answer);
          world.transferRepository(acme, 'app', 'elsewhere');

          const refused = { ok: false, refusal: { kind: 'not-found' } };
          expect(await world.github.getJob(acme, 'acme/app', jobId)).toMatchObject(refused);
          expect(await world.github.getRepository(acme, id)).toMatchObject(refused);
        },
      );
    });

    it('shows what is public to everyone, also once it was transferred', async () => {
      const jobId = world.queueJob('acme/app', 77);
      const listed = await world.github.listRepositories(acme);
      const before = listed.ok ? listed.value.items[0] : undefined;
      world.setPublic('acme/app');
      world.setFormerNames('redirect');
      world.transferRepository(acme, 'app', 'elsewhere');

      expect(await world.github.getJob(acme, 'acme/app', jobId)).toMatchObject({
        value: { status: 'queued' },
      });
      expect(await world.github.getRun(acme, 'acme/app', 77)).toMatchObject({ value: { completed: false } });
      const now = await world.github.getRepository(acme, before!.id);
      expect(now).toMatchObject({ value: { fullName: 'elsewhere/app', visibility: 'public' } });
      expect(now.ok && now.value.ownerId).not.toBe(before!.ownerId);
      expect(await world.github.listRepositories(acme)).toMatchObject({ value: { items: [] } });
    });

    it('reports with each answer the remaining calls of the hour', async () => {
      world.leave(acme, 1000);

      const answers = [
        await world.github.listRunners(acme, organization),
        await world.github.removeRunner(acme, organization, 'i-0001'),
        await world.github.getJob(acme, 'acme/app', JobId(1)),
      ];

      const left = answers.map((answer) => answer.budgets?.core?.remaining ?? Number.NaN);
      expect(left).toEqual([...left].sort((a, b) => b - a));
      expect(left[0]).toBe(999);
      expect(answers[2]?.budgets?.core).toMatchObject({ limit: 5000, resetsAt: expect.any(Number) });
    });

    it('reports when to retry once the calls of an hour are used up, to this installation alone', async () => {
      const others = world.install({ login: 'other', type: 'Organization', repositories: ['theirs'] });
      world.exhaust(acme);

      const answer = await world.github.listRunners(acme, organization);

      expect(answer).toMatchObject({
        ok: false,
        refusal: { kind: 'limited', retryAfterSeconds: expect.any(Number), resource: 'core' },
      });
      const seconds = answer.ok || answer.refusal.kind !== 'limited' ? 0 : answer.refusal.retryAfterSeconds;
      expect(seconds).toBeGreaterThan(3500);
      expect(seconds).toBeLessThanOrEqual(3601);
      const scope: RunnerScope = { kind: 'organization', organization: 'other' };
      await register({ installationId: others, scope });
    });

    it('counts registrations apart: neither uses up the other', async () => {
      const resource = 'actions_runner_registration';
      world.exhaust(acme);
      expect(await world.github.createJitConfig(request())).toMatchObject({ ok: true });

      const others = world.install({ login: 'other', type: 'Organization', repositories: ['theirs'] });
      const scope: RunnerScope = { kind: 'organization', organization: 'other' };
      world.exhaust(others, resource);
      expect(await world.github.listRunners(others, scope)).toMatchObject({ ok: true });
      const refused = await world.github.createJitConfig({ ...request(), installationId: others, scope });
      expect(refused).toMatchObject({ refusal: { kind: 'limited', resource } });
    });
  });
}
