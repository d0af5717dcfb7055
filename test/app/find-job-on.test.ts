/** Where the sweep looks for the job of a machine whose start nobody reported, before it believes that there is none. */
import { describe, expect, it } from '@jest/globals';
import { findJobOn } from '../../lib/app/sweep/find-job-on.ts';
import type { GitHubJob } from '../../lib/core/github.ts';
import { JobId, TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { acme, givenEvent, givenJob, medium } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

/** Jobs 1 and 2 have machines, both of which listen. */
async function givenTwo() {
  const platform = await givenPlatform();
  await platform.accept(givenEvent(), givenEvent({ jobId: JobId(2) }));
  const [machine, other] = platform.liveMachines();
  for (const one of [machine!, other!]) {
    await platform.claim(one);
    await platform.confirm(one);
  }
  const asked: number[] = [];
  const { getJob } = platform.github;
  platform.github.getJob = async (...given) => {
    asked.push(given[2]);
    return getJob(...given);
  };
  const jobs = platform.stores.world.rows.jobs;
  return {
    ...{ platform, machine: machine!, other: other!, asked },
    putJob: (jobId: number, status: GitHubJob['status'], runnerName: string | null) =>
      platform.github.putJob('acme/app', JobId(jobId), { status, conclusion: null, runnerName }),
    wait: (jobId: number, over: Partial<Job> = {}) =>
      platform.jobs.insert([givenJob({ jobId: JobId(jobId), ...over })]),
    editJob: (jobId: number, over: Partial<Job>) =>
      jobs.set(`${acme}/${jobId}`, { ...jobs.get(`${acme}/${jobId}`)!, ...over }),
    search: () => findJobOn(platform, platform.stores.world.runner(machine!)!),
  };
}

describe('the job of a silent machine is searched for', () => {
  it('on GitHub under the id of its own job, which may run there', async () => {
    const { machine, putJob, search } = await givenTwo();
    putJob(1, 'in_progress', machine);
    expect(await search()).toEqual({ kind: 'found' });
  });

  it.each([
    ['began', { action: 'in_progress', runnerName: 'other' }],
    ['ended', { action: 'completed', conclusion: 'success', runnerName: 'other' }],
  ] as const)('on GitHub under the other job’s id if its own is known to have %s there', async (_, heard) => {
    const { platform, machine, other, putJob, asked, search } = await givenTwo();
    await platform.follow(givenEvent({ ...heard, runnerName: other }));
    putJob(2, 'in_progress', machine);
    expect(await search()).toEqual({ kind: 'found' });
    expect(asked).toEqual([2]);
  });

  it('even if its own was refused here, which GitHub does not know', async () => {
    const { machine, putJob, editJob, search } = await givenTwo();
    editJob(1, { state: 'done', outcome: 'refused' });
    putJob(1, 'in_progress', machine);
    expect(await search()).toEqual({ kind: 'found' });
  });

  it('among those that wait for its tier and for two others', async () => {
    const { machine, putJob, wait, search } = await givenTwo();
    await wait(3);
    await wait(4, { tier: medium });
    await wait(5, { tier: TierName('third') });
    putJob(5, 'in_progress', machine);
    expect(await search()).toEqual({ kind: 'found' });
  });

  it('until GitHub accepts no more calls, also about a waiting job', async () => {
    const { platform, putJob, wait, search } = await givenTwo();
    await wait(3);
    putJob(1, 'queued', null);
    const { getJob } = platform.github;
    platform.github.getJob = async (...given) =>
      given[2] === 3 ? { ok: false, refusal: { kind: 'limited', retryAfterSeconds: 77 } } : getJob(...given);
    expect(await search()).toEqual({ kind: 'limited', seconds: 77 });
  });
});

describe('no job is found on a silent machine', () => {
  it('if GitHub reports that its own is over', async () => {
    const { machine, putJob, search } = await givenTwo();
    putJob(1, 'completed', machine);
    expect(await search()).toEqual({ kind: 'none' });
  });

  it('if a waiting job runs elsewhere', async () => {
    const { putJob, wait, search } = await givenTwo();
    await wait(3);
    putJob(3, 'in_progress', 'a-laptop');
    expect(await search()).toEqual({ kind: 'none' });
  });

  it('if a waiting job has ended on it', async () => {
    const { machine, putJob, wait, search } = await givenTwo();
    await wait(3);
    putJob(3, 'completed', machine);
    expect(await search()).toEqual({ kind: 'none' });
  });
});
