/** What every GitHub port shows of jobs, runs, runners, repositories and deliveries. */
import { describe, expect, it } from '@jest/globals';
import type { GitHubJob } from '../../lib/core/github.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { type GivenGitHub, organization } from './support/github-world.ts';

const unknown = InstallationId(404);

export function githubListsContract({ world, acme, register, busyRunner }: GivenGitHub): void {
  describe('jobs', () => {
    it('shows a job that nobody has taken', async () => {
      const jobId = world().queueJob('acme/app');

      const answer = await world().github.getJob(acme(), 'acme/app', jobId);

      const job: GitHubJob = { status: 'queued', conclusion: null, runnerName: null };
      expect(answer).toMatchObject({ ok: true, value: job });
    });

    it('re-runs a job once it is over, and not before', async () => {
      const jobId = world().queueJob('acme/app');

      const early = await world().github.rerunJob(acme(), 'acme/app', jobId);
      world().cancelJob('acme/app', jobId);

      expect(early).toMatchObject({ ok: false, refusal: { kind: 'forbidden' } });
      expect(await world().github.rerunJob(acme(), 'acme/app', jobId)).toMatchObject({ value: 'asked' });
      expect(await world().github.rerunJob(acme(), 'acme/app', JobId(1))).toMatchObject({
        refusal: { kind: 'not-found' },
      });
    });

    it("does not find an unknown job, or one of another installation's repository", async () => {
      world().install({ login: 'other', type: 'Organization', repositories: ['theirs'] });
      const theirs = world().queueJob('other/theirs');

      const refused = { ok: false, refusal: { kind: 'not-found' } };
      expect(await world().github.getJob(acme(), 'acme/app', JobId(1))).toMatchObject(refused);
      expect(await world().github.getJob(acme(), 'other/theirs', theirs)).toMatchObject(refused);
    });
  });

  describe('lists', () => {
    it('shows which repositories are public', async () => {
      const visibility = async () => {
        const answer = await world().github.listRepositories(acme());
        return answer.ok ? answer.value.items.map((repository) => repository.visibility) : answer.refusal;
      };
      expect(await visibility()).toEqual(['private']);
      world().setPublic('acme/app');
      expect(await visibility()).toEqual(['public']);
    });

    it('shows the repositories that the installation reaches, and whose they are', async () => {
      const installation = await world().github.getInstallation(acme());
      const ownerId = installation.ok ? installation.value.accountId : 0;

      const answer = await world().github.listRepositories(acme());

      expect(answer).toMatchObject({ ok: true, value: { items: [{ fullName: 'acme/app', ownerId }] } });
      expect(await world().github.listRepositories(unknown)).toMatchObject({ ok: false });
    });

    it('shows queued runs and their jobs, and no others', async () => {
      const jobId = world().queueJob('acme/app', 77);

      expect(await world().github.listRuns(acme(), 'acme/app', 'queued')).toMatchObject({
        ok: true,
        value: { items: [{ runId: 77, completed: false, conclusion: null }] },
      });
      expect(await world().github.listRuns(acme(), 'acme/app', 'in_progress')).toMatchObject({
        ok: true,
        value: { items: [] },
      });
      expect(await world().github.listRunJobs(acme(), 'acme/app', 77)).toMatchObject({
        value: { items: [{ jobId, labels: ['nobody'], status: 'queued', createdAt: expect.any(Number) }] },
      });
    });

    it('shows one run, and none that it does not know', async () => {
      world().queueJob('acme/app', 77);

      const about = {
        attempt: 1,
        ref: 'main',
        event: 'push',
        fork: false,
        actor: expect.stringMatching(/./),
        path: '.github/workflows/build.yml',
      };
      const run = { runId: 77, completed: false, conclusion: null, about };
      expect(await world().github.getRun(acme(), 'acme/app', 77)).toMatchObject({ ok: true, value: run });
      expect(await world().github.getRun(acme(), 'acme/app', 78)).toMatchObject({
        refusal: { kind: 'not-found' },
      });
      expect(await world().github.listRuns(acme(), 'acme/other', 'queued')).toMatchObject({
        refusal: { kind: 'not-found' },
      });
    });

    it('shows the runners of a scope, and which of them are busy', async () => {
      await busyRunner();
      await register({ name: 'i-0002' });

      const answer = await world().github.listRunners(acme(), organization);

      const runners = answer.ok ? [...answer.value.items] : [];
      expect(runners.sort((one, other) => one.name.localeCompare(other.name))).toEqual([
        { name: 'i-0001', online: true, busy: true },
        { name: 'i-0002', online: false, busy: false },
      ]);
    });

    it('shows deliveries that reached nobody among all, and delivers them again', async () => {
      await world().failDelivery();
      const before = await world().github.listDeliveries('any');
      const failed = before.ok ? before.value.items.at(-1) : undefined;
      expect(failed).toMatchObject({ statusCode: 0, guid: expect.any(String), isRedelivery: false });
      // GitHub lists a delivery as failed only if there was an answer, and this one had none.
      expect(await world().github.listDeliveries('failure')).toEqual({ ok: true, value: { items: [] } });

      expect(await world().github.redeliver(failed!.id)).toMatchObject({ ok: true, value: 'accepted' });
      expect(await world().github.redeliver(404)).toMatchObject({ refusal: { kind: 'not-found' } });
      const isListed = async () => {
        const after = await world().github.listDeliveries('any');
        return after.ok && after.value.items.some((one) => one.guid === failed!.guid && one.isRedelivery);
      };
      while (!(await isListed())) await new Promise((resolve) => setTimeout(resolve, 5));
    });

    it.each(['any', 'failure', 'success'] as const)(
      'refuses a cursor of %s that it does not know',
      async (list) => {
        await world().failDelivery();
        const answer = await world().github.listDeliveries(list, 'v1_12077215967');
        expect(answer).toMatchObject({ ok: false, refusal: { kind: 'invalid' } });
      },
    );
  });
}
