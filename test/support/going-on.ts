/**
 * A platform with a GitHub that has jobs queued and gives each to a machine that listens. Minute by minute, machines, the
 * sweep and the reconciler go on until everything is over: whatever a crash left behind is taken up, or never.
 */
import { expect } from '@jest/globals';
import type { GitHubJob } from '../../lib/core/github.ts';
import { InstallationId, type InstanceId, JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import { acme, givenEvent, givenTenant } from './given.ts';
import { nonEmpty } from './non-empty.ts';
import { expectNothingLeft, givenPlatform, type Platform } from './platform.ts';

/** A second tenant, with a job of its own. */
export const beta = InstallationId(202);
export const givenBeta = () =>
  givenTenant({ installationId: beta, accountId: 2, accountLogin: 'beta', accountType: 'Organization' });

/** The jobs of each tenant. */
const jobsOf = new Map([
  [acme, [1, 2, 3].map((id) => JobId(id))],
  [beta, [4].map((id) => JobId(id))],
]);

interface World {
  readonly platform: Platform;
  readonly owners: readonly InstallationId[];
}

const ownersIn = ({ stores }: Platform): World['owners'] =>
  stores.world.allTenants().some(({ installationId }) => installationId === beta) ? [acme, beta] : [acme];

const ownerOf = (jobId: number): InstallationId => (jobsOf.get(beta)!.includes(JobId(jobId)) ? beta : acme);
const repositoryOf = (jobId: number) => (ownerOf(jobId) === beta ? 'beta/app' : 'acme/app');

const eventOf = (jobId: number, over: Parameters<typeof givenEvent>[0]) =>
  givenEvent({
    jobId: JobId(jobId),
    delivery: `d-${jobId}`,
    installationId: ownerOf(jobId),
    repository: repositoryOf(jobId),
    repositoryOwnerId: ownerOf(jobId) === beta ? 2 : 1,
    ...over,
  });
export const queued = (jobId: number, over: Parameters<typeof givenEvent>[0] = {}) => eventOf(jobId, over);
export const begun = (jobId: number, machine: InstanceId) =>
  eventOf(jobId, { runnerName: machine, action: 'in_progress' });
export const ended = (jobId: number, machine: InstanceId | null, conclusion = 'success') =>
  eventOf(jobId, { runnerName: machine, action: 'completed', conclusion });

/** GitHub has all jobs of its tenants queued. */
export async function givenJobs(over: Parameters<typeof givenPlatform>[0] = {}): Promise<Platform> {
  const platform = await givenPlatform(over);
  for (const owner of ownersIn(platform))
    for (const jobId of jobsOf.get(owner)!) onGitHub(platform, jobId, {});
  return platform;
}

export function onGitHub({ github }: Platform, jobId: number, job: Partial<GitHubJob>): void {
  const details = { runId: 7, labels: ['small'] };
  const now = { status: 'queued', conclusion: null, runnerName: null, ...job } as const;
  github.putJob(repositoryOf(jobId), JobId(jobId), now, details);
}

/** GitHub gives the job to the machine. @returns its report */
export function start(platform: Platform, jobId: number, machine: InstanceId) {
  onGitHub(platform, jobId, { status: 'in_progress', runnerName: machine });
  return begun(jobId, machine);
}

/** @returns GitHub's report */
export function finish(
  platform: Platform,
  jobId: number,
  machine: InstanceId | null,
  conclusion = 'success',
) {
  onGitHub(platform, jobId, { status: 'completed', conclusion, runnerName: machine });
  return ended(jobId, machine, conclusion);
}

export const machineOf = ({ stores }: Platform, jobId: number): InstanceId =>
  stores.world.allRunners().find(({ plannedJob }) => plannedJob === jobId)!.instanceId;

export async function acceptAll(platform: Platform): Promise<void> {
  await platform.accept(...jobsOf.get(acme)!.map((jobId) => queued(jobId)));
}

/** Machines listen for the first jobs of acme, and the others wait. */
export async function givenListening(platform: Platform): Promise<void> {
  await acceptAll(platform);
  for (const machine of platform.liveMachines()) {
    await platform.claim(machine);
    await platform.confirm(machine);
  }
}

/** Minute by minute, until everything is over, or the time is. */
export async function goOn(platform: Platform, minutes: number): Promise<void> {
  for (let minute = 1; minute <= minutes; minute++) {
    await platform.deliverPokes();
    await platform.deliverInstallations();
    if (platform.queues.admission.length > 0) await platform.deliverAdmission();
    await platform.follow(...platform.queues.lifecycle.splice(0));
    for (const machine of platform.liveMachines()) await machineGoesOn(platform, machine);
    platform.clock.advance(61_000);
    await platform.sweep();
    if (minute % 5 === 0) await platform.reconcile();
    expectCovered(platform);
    if (await isAllOver(platform)) return;
  }
}

/** It claims, listens, and runs the job that GitHub gives it, if the start gate admits that; without one it powers off. */
async function machineGoesOn(platform: Platform, machine: InstanceId): Promise<unknown> {
  const row = () => platform.stores.world.runner(machine);
  if (row()?.state !== 'listening') {
    const claim = await platform.claim(machine);
    if (claim.action === 'again') return;
    const gated = claim.action === 'run' && claim.gate === true;
    if (claim.action !== 'run' || !(await platform.confirm(machine, undefined, gated)))
      return platform.machineEnds(machine);
  }
  const jobId = await jobFor(platform, row()!.installationId, machine);
  if (jobId === undefined) return platform.machineEnds(machine);
  await platform.follow(start(platform, jobId, machine));
  if (!row()?.gated) return platform.follow(finish(platform, jobId, machine));
  const { action } = await platform.start(machine);
  if (action === 'again') return;
  return platform.follow(finish(platform, jobId, machine, action === 'admit' ? 'success' : 'failure'));
}

async function jobFor({ github }: Platform, owner: InstallationId, machine: InstanceId) {
  const known = await Promise.all(
    (jobsOf.get(owner) ?? []).map(async (jobId) => {
      const answer = await github.getJob(owner, repositoryOf(jobId), jobId);
      return answer.ok ? [{ jobId, ...answer.value }] : [];
    }),
  );
  const jobs = known.flat();
  const own = jobs.find(({ status, runnerName }) => status === 'in_progress' && runnerName === machine);
  return (own ?? jobs.find(({ status }) => status === 'queued'))?.jobId;
}

/** Each machine has a lease, and no tenant has more than it may. */
function expectCovered({ stores, compute }: Platform): void {
  const live = compute.live().map(({ tags }) => tags.get(tagKeys.tenant));
  const tenants = nonEmpty(stores.world.allTenants()).map(({ installationId, leases, maxRunners }) => ({
    ...{ installationId, leases, maxRunners },
    machines: live.filter((tenant) => tenant === String(installationId)).length,
  }));
  // One expectation, each of which costs as much as a sweep: this is asked each minute of thousands of worlds.
  expect(
    tenants.filter(({ machines, leases, maxRunners }) => !(machines <= leases && leases <= maxRunners)),
  ).toEqual([]);
}

const allJobs = (platform: Platform) =>
  Promise.all(
    ownersIn(platform).flatMap((owner) => jobsOf.get(owner)!.map((jobId) => platform.job(jobId, owner))),
  );

async function isAllOver(platform: Platform): Promise<boolean> {
  const jobs = await allJobs(platform);
  const leases = platform.stores.world.allTenants().map((tenant) => tenant.leases);
  return jobs.every((job) => job?.state === 'done') && leases.every((count) => count === 0);
}

/** GitHub ended each job, and nothing is left of it. */
export async function expectAllDone(platform: Platform, where: string): Promise<void> {
  for (const job of nonEmpty(await allJobs(platform)))
    expect([where, job?.jobId, job?.state, job?.reason]).toEqual([where, job?.jobId, 'done', undefined]);
  for (const { installationId } of platform.stores.world.allTenants())
    await expectNothingLeft(platform, installationId);
}
