/** What GitHub says about one job: recorded once, whatever comes in between, and told in one line. */
import { describe, expect, it } from '@jest/globals';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, noon, small } from '../support/given.ts';
import { givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const started = (jobId: number, runnerName: string, over = {}) =>
  queued(jobId, { action: 'in_progress', runnerName, ...over });
const completed = (jobId: number, runnerName: string | null = null, over = {}) =>
  queued(jobId, { action: 'completed', conclusion: 'success', runnerName, ...over });
const stranger = InstanceId('i-00000000000000abc');

/** Two jobs, whose machines took some time to boot and to claim. */
async function givenListening() {
  const platform = await givenPlatform();
  platform.clock.advance(1_000);
  await platform.accept(queued(1), queued(2));
  const machines = platform.liveMachines();
  platform.clock.advance(20_000);
  for (const machine of machines) await platform.claim(machine);
  platform.clock.advance(3_000);
  for (const machine of machines) await platform.confirm(machine);
  platform.clock.advance(400);
  return { platform, one: machines[0]!, two: machines[1]! };
}

const linesOf = ({ telemetry }: Platform, wanted: string) =>
  telemetry.events.filter(({ name }) => name === wanted).map(({ level, fields }) => ({ level, ...fields }));

const phases = [
  'QueuedToStartedMilliseconds',
  'AcceptedToLeasedMilliseconds',
  'LeasedToClaimedMilliseconds',
  'ClaimedToListeningMilliseconds',
  'ListeningToStartedMilliseconds',
  'JobsTakenByOthers',
] as const;
const measured = ({ telemetry }: Platform) =>
  phases.map((phase) => telemetry.counts.flatMap(({ metric, values }) => (metric === phase ? values : [])));

describe('the line that says that a job runs', () => {
  it('has the job, its machine, and how long each phase took', async () => {
    const { platform, one } = await givenListening();
    await platform.follow(started(1, one));
    const about = { level: 'info', installationId: acme, jobId: 1, instanceId: one, tier: small };
    expect(linesOf(platform, 'job-started')).toEqual([about]);
    expect(measured(platform)).toEqual([[24_400], [0], [20_000], [3_000], [400], []]);
  });

  it('names the job that the machine was planned for, if it is another one', async () => {
    const { platform, one } = await givenListening();
    await platform.follow(started(2, one));
    expect(linesOf(platform, 'job-started')).toMatchObject([{ jobId: 2, instanceId: one, meantFor: 1 }]);
    expect(measured(platform).at(-1)).toEqual([1]);
  });

  it('leaves out phases that were not seen, and those before the job', async () => {
    const { platform, one } = await givenListening();
    platform.clock.advance(60_000);
    await platform.follow(started(7, one, { queuedAt: noon + 50_000 }), started(8, 'their-own'));
    const [ours, theirs] = linesOf(platform, 'job-started');
    expect(ours).toMatchObject({ jobId: 7, meantFor: 1 });
    expect(ours).not.toHaveProperty('runnerName');
    expect(theirs).toMatchObject({ jobId: 8, runnerName: 'their-own' });
    expect(theirs).not.toHaveProperty('meantFor');
    expect(measured(platform)).toEqual([[34_400, 84_400], [], [20_000], [3_000], [60_400], [1]]);
  });

  it('leaves out what no machine of ours went through, and a machine that is older than the job', async () => {
    const { platform, one } = await givenListening();
    await platform.accept(queued(3));
    await platform.follow(started(3, one), started(1, 'their-own'));
    expect(measured(platform).slice(1, 3)).toEqual([[], [20_000]]);
  });

  it('is written once, however often the start is reported, and not for a job that is over', async () => {
    const { platform, one } = await givenListening();
    await platform.follow(completed(2));
    await platform.follow(started(1, one));
    await platform.follow(started(1, one), started(2, one));
    expect(linesOf(platform, 'job-started')).toHaveLength(1);
    expect(await platform.job(2)).toMatchObject({ state: 'done' });
  });
});

describe('the line that says that a job is over', () => {
  it('has its outcome, and is written once', async () => {
    const { platform, one } = await givenListening();
    await platform.follow(completed(1, one));
    await platform.follow(completed(1, one));
    const about = { level: 'info', installationId: acme, jobId: 1, instanceId: one, tier: small };
    const end = { outcome: 'completed', conclusion: 'success' };
    expect(linesOf(platform, 'job-done')).toEqual([{ ...about, ...end, reason: 'job-completed' }]);
    expect(linesOf(platform, 'runner-ended')).toEqual([]);
    expect([platform.telemetry.total('JobsDone'), platform.telemetry.total('RunnersEnded')]).toEqual([1, 1]);
  });

  it('is about the job alone if its machine cannot be ended; that end gets its own line later', async () => {
    const { platform, one } = await givenListening();
    platform.compute.dials.failCalls = 1;
    expect(await platform.follow(completed(1, one))).not.toEqual([]);
    expect(linesOf(platform, 'job-done')).toMatchObject([{ outcome: 'completed' }]);
    expect(linesOf(platform, 'job-done')[0]).not.toHaveProperty('reason');
    await platform.follow(completed(1, one));
    expect(linesOf(platform, 'runner-ended')).toMatchObject([{ instanceId: one, reason: 'job-completed' }]);
    expect([platform.telemetry.total('JobsDone'), platform.telemetry.total('RunnersEnded')]).toEqual([1, 1]);
  });

  it('is about the job alone if it ran on a machine that is not ours', async () => {
    const { platform } = await givenListening();
    await platform.follow(completed(1, stranger));
    expect(linesOf(platform, 'job-done')).toMatchObject([{ jobId: 1, outcome: 'completed' }]);
    expect(platform.telemetry.total('RunnersEnded')).toBe(0);
  });
});

describe('a job that becomes known at the moment when a fact is written', () => {
  /** Another copy takes its `queued` in, just before this copy writes a row for it. */
  async function givenMoment() {
    const platform = await givenPlatform();
    const { world } = platform.stores;
    world.beforeCall = async (call) => {
      if (call !== 'jobs.insert') return;
      world.beforeCall = undefined;
      await platform.accept(queued(5, { repository: 'acme/former' }));
    };
    return platform;
  }

  it('runs, with the current name of its repository', async () => {
    const platform = await givenMoment();
    await platform.follow(started(5, stranger));
    expect(await platform.job(5)).toMatchObject({
      state: 'running',
      runner: stranger,
      repository: 'acme/app',
    });
  });

  it('is over', async () => {
    const platform = await givenMoment();
    await platform.follow(completed(5, stranger));
    expect(await platform.job(5)).toMatchObject({ state: 'done', outcome: 'completed' });
  });

  it('is held', async () => {
    const platform = await givenMoment();
    await platform.follow(queued(5, { action: 'waiting', receivedAt: noon + 1 }));
    expect(await platform.job(5)).toMatchObject({ state: 'blocked' });
  });
});

describe('a fact about a machine', () => {
  const warning = (machine: string) => ({
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    detail: { 'instance-id': machine, 'instance-action': 'terminate' },
  });

  it('that is unknown changes nothing, and neither does one about an ended machine', async () => {
    const { platform, one } = await givenListening();
    await platform.machineEnds(one);
    const before = platform.telemetry.events.length;
    const facts = [stranger, one].flatMap((machine) => [
      warning(machine),
      instanceEvent(machine, 'terminated'),
    ]);
    expect(await platform.follow(...facts)).toEqual([]);
    expect(platform.telemetry.events.slice(before)).toEqual([]);
    expect(platform.notes.all.size).toBe(0);
  });

  it('is delivered again if its end could not be written; other messages of the batch are not', async () => {
    const { platform, one } = await givenListening();
    platform.stores.world.failNext('runners.end', new Error('down'));
    const failed = await platform.follow(queued(9, { action: 'waiting' }), instanceEvent(one, 'terminated'));
    expect(failed).toEqual(['m-4']);
    expect(await platform.job(9)).toMatchObject({ state: 'blocked' });
  });

  it('is delivered again, with all others, if the machines cannot be read', async () => {
    const { platform, one } = await givenListening();
    platform.stores.world.failNext('runners.findAcrossTenants', new Error('down'));
    expect(await platform.follow(started(1, one), completed(2))).toEqual(['m-3', 'm-4']);
  });
});

describe('a message of another kind', () => {
  it('is refused by the queue of facts, alone', async () => {
    const platform = await givenPlatform();
    const poke = { kind: 'poke', installationId: acme, tier: small };
    expect(await platform.follow(poke, queued(9, { action: 'waiting' }))).toEqual(['m-1']);
  });
});
