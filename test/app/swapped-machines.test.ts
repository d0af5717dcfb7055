/** Machines that GitHub gave each other's jobs: which machine is left over, which job waits again, and which waits for nothing. */
import { describe, expect, it } from '@jest/globals';
import { findSpareMachine } from '../../lib/app/common/find-spare-machine.ts';
import { findUnservedJob } from '../../lib/app/common/find-unserved-job.ts';
import { requeueUnservedJob } from '../../lib/app/common/requeue-unserved-job.ts';
import { InstanceId, JobId, leaseOf } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenLaunch, givenRunner, launch1 } from '../contracts/support/stored.ts';
import { createMemoryStores } from '../fakes/stores.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { jobKey } from '../fakes/world.ts';
import { acme, givenJob } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';

const machineOf = (n: number) => InstanceId(`i-${n}`);
const lease = (n: number) => leaseOf(launch1, n);
const meant = (n: number, over: Partial<Runner> = {}) =>
  givenRunner({
    instanceId: machineOf(n),
    lease: lease(n),
    plannedJob: JobId(n),
    state: 'listening',
    ...over,
  });
const job = (n: number, over: Partial<Job>) => givenJob({ jobId: JobId(n), ...over });
const runsOn = (n: number, machine: number) =>
  job(n, { state: 'running', runner: machineOf(machine), lease: lease(n) });
const isCovered = (n: number) => job(n, { state: 'covered', lease: lease(n) });

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

/** Machine n is meant for job n, with the n-th lease of one launch. */
function given(machines: readonly Runner[], jobs: readonly Job[] = [], instances = upTo(30)) {
  const { world, ...stores } = createMemoryStores();
  const placed = new Map(instances.map((n) => [lease(n), machineOf(n)]));
  world.rows.launches.set(launch1, givenLaunch([], { state: 'closed', instances: placed }));
  for (const one of machines) world.rows.runners.set(one.instanceId, one);
  for (const one of jobs) world.rows.jobs.set(jobKey(acme, one.jobId), one);
  const row = (n: number) => world.rows.jobs.get(jobKey(acme, JobId(n)));
  return { stores, row, world };
}

describe('the machine that is left over when one ends', () => {
  const ran = (other: number) => ({ ran: JobId(other), leftLease: lease(other) });
  const ended = meant(1, ran(2));

  it.each<[string, readonly Runner[], number | undefined]>([
    ['is the one meant for the job that it ran', [meant(2)], 2],
    ['is at the end of the chain', [meant(2, ran(3)), meant(3)], 3],
    ['is none where that one ended, too', [meant(2, { state: 'ended' })], undefined],
    [
      'is none where that one was given another job meanwhile',
      [meant(2, { plannedJob: JobId(9) })],
      undefined,
    ],
    ['is none where that one has no row', [], undefined],
    ['is none where two ran the job of each other', [meant(2, ran(1))], undefined],
  ])('%s', async (_, machines, left) => {
    const { stores } = given([ended, ...machines]);
    const spare = await findSpareMachine(stores, ended);
    expect(spare?.instanceId).toBe(left && machineOf(left));
  });

  it.each([
    ['gave the job no machine', ended],
    ['has no row', meant(1, { ran: JobId(2), leftLease: leaseOf('launch-9' as typeof launch1, 2) })],
  ])('is none where the launch %s', async (_, one) => {
    const { stores } = given([one, meant(2)], [], [1]);
    expect(await findSpareMachine(stores, one)).toBeUndefined();
  });

  it.each([
    [20, true],
    [21, false],
  ])('is searched over %i machines: %j', async (count, isFound) => {
    const chain = upTo(count).map((n) => meant(n, ran(n + 1)));
    const { stores } = given([...chain, meant(count + 1)]);
    expect((await findSpareMachine(stores, chain[0]!)) !== undefined).toBe(isFound);
  });

  it("is none if the launch's row is broken, and unknown if it cannot be read now", async () => {
    const unreadable = given([ended, meant(2)]);
    unreadable.world.unreadable.add(unreadableName('launches', launch1));
    expect(await findSpareMachine(unreadable.stores, ended)).toBeUndefined();
    const { stores, world } = given([ended, meant(2)]);
    const error = new OperationalError('Slow down.', { code: 'Throttled', retryable: true });
    world.failNext('launches.get', error);
    await expect(findSpareMachine(stores, ended)).rejects.toBe(error);
  });

  it('is none if a circle of machines leads back to itself, even if it listens', async () => {
    const { stores } = given([meant(1)]);
    expect(await findSpareMachine(stores, meant(1, { ran: JobId(1), leftLease: lease(1) }))).toBeUndefined();
  });
});

describe('the job that is left without a machine', () => {
  it.each<[string, readonly Runner[], readonly Job[], number | undefined]>([
    ['is the one of the machine that took the job', [meant(2)], [isCovered(2)], 2],
    ['is at the end of the chain', [meant(2), meant(3)], [runsOn(2, 3), isCovered(3)], 3],
    ['is none where the machine has no row', [], [isCovered(2)], undefined],
    ['is none where its job has no row', [meant(2)], [], undefined],
    ['is none where its job waits, and is served in its turn', [meant(2)], [job(2, {})], undefined],
    [
      'is none where its job has another machine by now',
      [meant(2)],
      [job(2, { state: 'covered', lease: lease(7) })],
      undefined,
    ],
    [
      'is none where its job ended with its lease',
      [meant(2)],
      [job(2, { state: 'done', lease: lease(2) })],
      undefined,
    ],
  ])('%s', async (_, machines, jobs, left) => {
    const { stores } = given(machines, jobs);
    const unserved = await findUnservedJob(stores, runsOn(1, 2));
    expect(unserved?.jobId).toBe(left);
  });

  it.each([
    [20, true],
    [21, false],
  ])('is searched over %i machines: %j', async (count, isFound) => {
    const machines = upTo(count + 1).map((n) => meant(n));
    const jobs = upTo(count).map((n) => runsOn(n, n + 1));
    const { stores } = given(machines, [...jobs, isCovered(count + 1)]);
    expect((await findUnservedJob(stores, jobs[0]!)) !== undefined).toBe(isFound);
  });

  it('is none if the job runs on its own machine', async () => {
    const { stores } = given([meant(1)], [isCovered(1)]);
    expect(await findUnservedJob(stores, runsOn(1, 1))).toBeUndefined();
  });
});

describe('a machine that serves nobody', () => {
  const release = (world: ReturnType<typeof given>) => requeueUnservedJob(world.stores, meant(1));

  it('has its own job wait again', async () => {
    const world = given([], [isCovered(1)]);
    expect(await release(world)).toBe(true);
    expect(world.row(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });

  it('has the job wait again whose machine took its own', async () => {
    const world = given([meant(2)], [runsOn(1, 2), isCovered(2)]);
    expect(await release(world)).toBe(true);
    expect(world.row(1)).toMatchObject({ state: 'running' });
    expect(world.row(2)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });

  it.each<[string, readonly Job[]]>([
    ['its job has no row', [isCovered(2)]],
    ['its job is over', [{ ...runsOn(1, 2), state: 'done' }, isCovered(2)]],
    ['its job had got another machine', [{ ...runsOn(1, 2), lease: lease(7) }, isCovered(2)]],
    ['no job is left over', [runsOn(1, 2), job(2, {})]],
  ])('changes no job where %s', async (_, jobs) => {
    const world = given([meant(2)], jobs);
    expect(await release(world)).toBe(false);
    for (const one of nonEmpty(jobs)) expect(world.row(one.jobId)).toEqual(one);
  });
});
