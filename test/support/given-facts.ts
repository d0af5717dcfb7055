/** The facts of an ordinary waiting job, two minutes after noon, with overrides for what matters to the test. */
import type { Facts, GitHubFacts, JobOnGitHub, Platform } from '../../lib/app/insight/facts.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { givenDeployment, givenJob, givenTenant, noon } from './given.ts';

export const now = noon + 120_000;

export const givenPlatform = (over: Partial<Platform> = {}): Platform => ({ ...givenDeployment(), ...over });

/** Everything but the tenant and the job is absent unless a test gives it. */
export const givenFacts = (over: Partial<Facts> = {}): Facts => ({
  now,
  platform: givenPlatform(),
  asked: { jobId: JobId(1), repository: 'acme/app' },
  tenant: givenTenant(),
  job: givenJob(),
  ...over,
});

/** Without a row: only GitHub has the job. */
export function givenUnheard(over: Partial<Facts> = {}): Facts {
  const { job: _none, ...facts } = givenFacts();
  return { ...facts, ...over };
}

/** GitHub's answer about the job, without one about the installation. */
export const givenGitHub = (
  job: Partial<JobOnGitHub> = {},
  over: Partial<GitHubFacts> = {},
): GitHubFacts => ({
  installation: { kind: 'unknown' },
  job: {
    kind: 'found',
    job: {
      jobId: JobId(1),
      runId: 1000,
      status: 'queued',
      conclusion: null,
      runnerName: null,
      labels: ['self-hosted', 'small'],
      createdAt: noon,
      ...job,
    },
  },
  ...over,
});

/** A job of the tenant that began at this time and, if seconds are given, ended after them. */
export const givenRun = (startedAt: number, ran?: { readonly seconds: number }, over: Partial<Job> = {}) =>
  givenJob({
    jobId: JobId(2),
    acceptedAt: startedAt - 40_000,
    startedAt,
    ...(ran === undefined
      ? { state: 'running' as const }
      : {
          state: 'done' as const,
          outcome: 'completed' as const,
          conclusion: 'success',
          doneAt: startedAt + ran.seconds * 1000,
        }),
    ...over,
  });
