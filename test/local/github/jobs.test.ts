/** The stand-in gives jobs to runners as GitHub does, and reports each step. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type GitHubStandIn, startGitHub } from '../../../lib/local/github/start-github.ts';
import { eventually } from '../lambda/fake-cloud.ts';
import { ask, installationToken } from './api-client.ts';
import { askAsRunner, openSession, readJitConfig } from './runner-client.ts';
import { type Receiver, startReceiver } from './webhook-receiver.ts';

describe('jobs and runners', () => {
  let standIn: GitHubStandIn;
  let receiver: Receiver;
  let token: string;

  beforeEach(async () => {
    standIn = await startGitHub();
    receiver = await startReceiver();
    standIn.setWebhook({ url: receiver.url, secret: 's' });
    const { installationId } = standIn.install({ login: 'acme', repositories: ['app', 'web'] });
    token = await installationToken(standIn, installationId);
  });
  afterEach(async () => {
    await standIn.stop();
    await receiver.stop();
  });

  async function givenRunner(name: string, options: { labels?: string[]; at?: string; group?: number } = {}) {
    const { labels = ['linux', 'x64', 'small'], at = '/orgs/acme', group = 1 } = options;
    const body = { name, labels, runner_group_id: group };
    const answer = await ask(standIn, `POST ${at}/actions/runners/generate-jitconfig`, { token, body });
    return answer.body.encoded_jit_config as string;
  }
  const givenJob = (labels = ['linux', 'small'], repository = 'acme/app') =>
    standIn.queueJob({ repository, labels, milliseconds: 20 });
  const jobNow = (id: number) => standIn.state().jobs.find((job) => job.id === id);
  const nextJob = async (jit: string) => (await askAsRunner(jit, 'GET /_runner/message')).text;
  const jobEvents = (id: number) =>
    receiver.received
      .filter(({ payload }) => payload.workflow_job?.id === id)
      .map(({ payload }) => payload.action);

  it('returns a JIT config of about 4 KB with an address and a token', async () => {
    const jit = await givenRunner('i-1');

    expect(jit.length).toBeGreaterThan(4000);
    expect(readJitConfig(jit)).toMatchObject({ url: standIn.url, token: expect.any(String) });
  });

  it('cancels a job that no runner takes within a day, by dial sooner, and no other', async () => {
    const job = givenJob(['linux', 'nobody']);
    const held = standIn.queueJob({ repository: 'acme/app', labels: ['linux'], requiresApproval: true });
    standIn.setDials({ queuedSeconds: 0 });

    await eventually(() => jobEvents(job.jobId).includes('completed'));
    expect(jobNow(job.jobId)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
    expect(jobNow(held.jobId)).toMatchObject({ status: 'waiting' });
  });

  it('runs a job from queued to completed, and ends the registration with it', async () => {
    const { jobId } = givenJob();
    const jit = await givenRunner('i-1');
    await openSession(jit);

    expect(await nextJob(jit)).toContain(`job=${jobId}\nmilliseconds=20\n`);
    await askAsRunner(jit, `POST /_runner/jobs/${jobId}/started`);
    expect(jobNow(jobId)).toMatchObject({ status: 'in_progress', runnerName: 'i-1' });
    await askAsRunner(jit, `POST /_runner/jobs/${jobId}/completed`);
    await standIn.settle();

    expect(jobNow(jobId)).toMatchObject({ status: 'completed', conclusion: 'success', runnerName: 'i-1' });
    expect(standIn.state().runners).toEqual([]);
    expect((await askAsRunner(jit, 'GET /_runner/message')).status).toBe(404);
    expect(jobEvents(jobId).toSorted()).toEqual(['completed', 'in_progress', 'queued']);
  });

  it.each([0.5, -1, Number.NaN])(
    'refuses a job or a step of %s milliseconds, and queues nothing',
    (milliseconds) => {
      const job = { repository: 'acme/app', labels: ['linux'] };
      const asked = `whole number of milliseconds, not ${milliseconds}`;

      expect(() => standIn.queueJob({ ...job, milliseconds })).toThrow(asked);
      expect(() => standIn.queueJob({ ...job, steps: [{ name: 'build', milliseconds }] })).toThrow(asked);
      expect(() => standIn.setWorkflow('acme/app', { name: 'Build', milliseconds })).toThrow(asked);
      expect(standIn.state().jobs).toEqual([]);
    },
  );

  it('wakes a waiting runner with the oldest job it can run, whatever it was made for', async () => {
    const jit = await givenRunner('made for the second job');
    await openSession(jit);
    const waiting = nextJob(jit);
    givenJob(['linux', 'large']);
    const first = givenJob(['LINUX', 'Small']);
    givenJob();

    expect(await waiting).toContain(`job=${first.jobId}\n`);
  });

  it('gives a runner of a repository no job of another repository', async () => {
    const jit = await givenRunner('i-1', { at: '/repos/acme/app' });
    await openSession(jit);
    const elsewhere = givenJob(['linux'], 'acme/web');
    const here = givenJob(['linux'], 'acme/app');

    expect(jobNow(elsewhere.jobId)?.runnerName).toBeNull();
    expect(jobNow(here.jobId)?.runnerName).toBe('i-1');
  });

  it('gives a runner of a selected group only jobs of its repositories', async () => {
    const body = { name: 'only web', visibility: 'selected' };
    const { body: group } = await ask(standIn, 'POST /orgs/acme/actions/runner-groups', { token, body });
    const repositories = await ask(standIn, 'GET /installation/repositories', { token });
    const web = repositories.body.repositories.find(({ name }: { name: string }) => name === 'web');
    const route = `PUT /orgs/acme/actions/runner-groups/${group.id}/repositories`;
    await ask(standIn, route, { token, body: { selected_repository_ids: [web.id] } });
    await openSession(await givenRunner('i-1', { group: group.id }));

    const refused = givenJob(['linux'], 'acme/app');
    const taken = givenJob(['linux'], 'acme/web');

    expect(jobNow(refused.jobId)?.runnerName).toBeNull();
    expect(jobNow(taken.jobId)?.runnerName).toBe('i-1');
  });

  it("gives no runner of the default group to a public repository, until the group's owner allows it", async () => {
    standIn.setPublic('acme/app', true);
    await openSession(await givenRunner('i-1'));
    const open = givenJob(['linux'], 'acme/app');
    expect(jobNow(open.jobId)?.runnerName).toBeNull();

    standIn.setGroup('acme', { name: 'Default', allowsPublicRepositories: true });
    expect(jobNow(open.jobId)?.runnerName).toBe('i-1');
  });

  it('gives a job that names a group one of its runners, with its labels or any', async () => {
    const { groupId } = standIn.setGroup('acme', { name: 'builds' });
    const named = standIn.queueJob({ repository: 'acme/app', labels: [], group: 'Builds', milliseconds: 5 });
    const labelled = standIn.queueJob({ repository: 'acme/app', labels: ['linux'], group: 'builds' });
    await openSession(await givenRunner('i-1'));
    expect([named, labelled].map(({ jobId }) => jobNow(jobId)?.runnerName)).toEqual([null, null]);

    await openSession(await givenRunner('i-2', { group: groupId, labels: ['other'] }));
    await openSession(await givenRunner('i-3', { group: groupId }));
    expect([named, labelled].map(({ jobId }) => jobNow(jobId)?.runnerName)).toEqual(['i-2', 'i-3']);
  });

  it('moves the runners of a deleted group to the default one, and accepts no more registrations for it', async () => {
    const { groupId } = standIn.setGroup('acme', { name: 'builds', visibility: 'selected' });
    await openSession(await givenRunner('i-1', { group: groupId }));
    const job = givenJob(['linux'], 'acme/app');
    expect(jobNow(job.jobId)?.runnerName).toBeNull();

    standIn.deleteGroup('acme', 'builds');
    expect(jobNow(job.jobId)?.runnerName).toBe('i-1');
    const body = { name: 'i-2', labels: ['linux'], runner_group_id: groupId };
    const route = 'POST /orgs/acme/actions/runners/generate-jitconfig';
    expect((await ask(standIn, route, { token, body })).status).toBe(422);
  });

  it('announces a job as queued, holds it until it is approved, and announces it again', async () => {
    await openSession(await givenRunner('i-1'));
    const { jobId } = standIn.queueJob({ repository: 'acme/app', labels: ['linux'], requiresApproval: true });
    await standIn.settle();
    expect(jobNow(jobId)).toMatchObject({ status: 'waiting', runnerName: null });

    standIn.approveJob(jobId);
    await standIn.settle();

    expect(jobEvents(jobId)).toEqual(['queued', 'waiting', 'queued']);
    expect(jobNow(jobId)?.runnerName).toBe('i-1');
  });

  it('completes a job that is cancelled before it began, without a runner', async () => {
    const { jobId } = givenJob();
    standIn.cancelJob(jobId);
    await openSession(await givenRunner('i-1'));

    expect(jobNow(jobId)).toMatchObject({ status: 'completed', conclusion: 'cancelled', runnerName: null });
    expect(standIn.state().runners).toMatchObject([{ name: 'i-1', jobId: null }]);
  });

  it('drops a registration that no runner connects to', async () => {
    standIn.setDials({ idleRegistrationSeconds: 0.05 });
    const jit = await givenRunner('i-1');

    await eventually(() => standIn.state().runners.length === 0);

    expect(standIn.state().runners).toEqual([]);
    expect((await openSession(jit)).status).toBe(404);
  });

  it('takes a runner offline when its connection breaks, and gives it no job', async () => {
    const jit = await givenRunner('i-1');
    await openSession(jit);
    // A poll that breaks off before it has arrived does not count; then the next one is broken off.
    while (standIn.state().runners[0]?.status !== 'offline') {
      const signal = AbortSignal.timeout(30);
      await expect(askAsRunner(jit, 'GET /_runner/message', { signal })).rejects.toThrow();
      await new Promise((go) => setTimeout(go, 30));
    }

    const { jobId } = givenJob();

    expect(standIn.state().runners).toMatchObject([{ name: 'i-1', status: 'offline' }]);
    expect(jobNow(jobId)?.runnerName).toBeNull();
  });

  it('fails a job whose runner fell silent, and requeues one that was never started', async () => {
    const started = givenJob();
    const jit = await givenRunner('i-1');
    await openSession(jit);
    await askAsRunner(jit, `POST /_runner/jobs/${started.jobId}/started`);
    const untouched = givenJob();
    await openSession(await givenRunner('i-2'));
    standIn.setDials({ lostRunnerSeconds: 0.05 });

    await eventually(() => standIn.state().runners.length === 0);

    expect(jobNow(started.jobId)).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(jobNow(untouched.jobId)).toMatchObject({ status: 'queued', runnerName: null });
  });

  it('ends a poll without a job after its time, and then accepts the next one', async () => {
    standIn.setDials({ pollSeconds: 0.05 });
    const jit = await givenRunner('i-1');
    await openSession(jit);

    expect((await askAsRunner(jit, 'GET /_runner/message')).status).toBe(204);
    const { jobId } = givenJob();
    expect(await nextJob(jit)).toContain(`job=${jobId}\n`);
  });

  it('runs a job again as a new job of the same run', async () => {
    const { jobId, runId } = givenJob();
    standIn.cancelJob(jobId);

    const answer = await ask(standIn, `POST /repos/acme/app/actions/jobs/${jobId}/rerun`, { token });

    expect(answer.status).toBe(201);
    const { body } = await ask(standIn, `GET /repos/acme/app/actions/runs/${runId}/jobs`, { token });
    expect(body.jobs).toMatchObject([{ run_id: runId, run_attempt: 2, status: 'queued' }]);
  });
});
