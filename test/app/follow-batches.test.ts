/** Batches of facts: which messages come again, what is written for those that need it, and what costs nobody anything. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { unreadableName } from '../fakes/unreadable.ts';
import { acme, givenEvent, givenTenant, givenTier, noon } from '../support/given.ts';
import { givenListeningPair } from '../support/listening-pair.ts';
import { givenPlatform, instanceEvent, type Platform } from '../support/platform.ts';

const stranger = InstanceId('i-00000000000000abc');
const globex = InstallationId(202);
const ofGlobex = { installationId: globex, repositoryOwnerId: 2, repository: 'globex/app' };
const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const held = (jobId: number, over = {}) => queued(jobId, { action: 'waiting', ...over });
const started = (jobId: number, runnerName: string, over = {}) =>
  queued(jobId, { action: 'in_progress', runnerName, ...over });
const completed = (jobId: number, runnerName: string | null, over = {}) =>
  queued(jobId, { action: 'completed', conclusion: 'success', runnerName, ...over });
const unlabelled = (jobId: number, over = {}) => {
  const { tier: _none, ...event } = queued(jobId, { labels: ['self-hosted', 'gpu'], ...over });
  return event;
};
const down = new Error('down');
const broken = new OperationalError('Broken.', { code: 'Broken', retryable: false });
const theirs = givenTenant({ installationId: globex, accountId: 2, accountLogin: 'globex' });

const linesOf = ({ telemetry }: Platform, wanted: string) =>
  telemetry.events.filter(({ name }) => name === wanted).map(({ fields }) => fields);

describe('of a batch come again', () => {
  it('only the starts if what they mean for machines could not be written', async () => {
    const { platform, one } = await givenListeningPair();
    platform.stores.world.failNext('runners.recordRan', down);
    expect(await platform.follow(held(9), started(2, one), completed(8, null))).toEqual(['m-4']);
  });

  it('only the starts of the tenant of which that is so', async () => {
    const { platform, one } = await givenListeningPair({ tenants: [givenTenant(), theirs] });
    await platform.accept(queued(5, ofGlobex));
    const other = platform.liveMachines().at(-1)!;
    const { recordRan } = platform.runners;
    platform.runners.recordRan = async (runs) => {
      if (runs.some(({ instanceId }) => instanceId === one)) throw broken;
      return recordRan(runs);
    };
    expect(await platform.follow(started(6, other, ofGlobex), started(2, one))).toEqual(['m-5']);
    expect(await platform.runners.get(globex, other)).toMatchObject({ ran: 6 });
  });

  it('only the ends of the tenant of which machines cannot be ended', async () => {
    const { platform, one } = await givenListeningPair({ tenants: [givenTenant(), theirs] });
    await platform.accept(queued(5, ofGlobex));
    const other = platform.liveMachines().at(-1)!;
    const { end } = platform.runners;
    platform.runners.end = async (ends) => {
      if (ends.some(({ runner }) => runner.instanceId === one)) throw broken;
      return end(ends);
    };
    const both = [other, one].map((machine) => instanceEvent(machine, 'terminated'));
    expect(await platform.follow(...both)).toEqual(['m-5']);
    expect(platform.stores.world.runner(other)).toMatchObject({ state: 'ended' });
  });

  it('an end that was not recorded, and its machine is not looked at before', async () => {
    const { platform, one } = await givenListeningPair();
    platform.stores.world.failNext('jobs.finish', down);
    expect(await platform.follow(completed(1, one))).toEqual(['m-3']);
    expect(platform.liveMachines()).toContain(one);
  });

  it('a start on a machine whose row cannot be read, and its job is not left to the sweep', async () => {
    const { platform, one } = await givenListeningPair();
    platform.stores.world.unreadable.add(unreadableName('runners', one));
    expect(await platform.follow(held(9), started(1, one))).toEqual(['m-4']);
    expect(await platform.job(1)).not.toHaveProperty('unsettledAt');
  });

  it('the end of a machine if nobody could be asked what it ran', async () => {
    const { platform, one } = await givenListeningPair();
    platform.queues.sendToInstallations = async () => Promise.reject(down);
    expect(await platform.follow(held(9), instanceEvent(one, 'terminated'))).toEqual(['m-4']);
    expect(platform.stores.world.runner(one)).toMatchObject({ state: 'listening' });
  });

  it('jobs that no tier has labels for, if none of them could be written', async () => {
    const platform = await givenPlatform();
    platform.stores.world.failNext('jobs.insert', down);
    expect(await platform.follow(unlabelled(1), unlabelled(2))).toEqual(['m-1', 'm-2']);
  });

  it('a held job that could not be written', async () => {
    const platform = await givenPlatform();
    const failure = new OperationalError('No.', { code: 'No', retryable: true });
    platform.jobs.insert = async (jobs) => jobs.map(() => failure);
    expect(await platform.follow(held(1))).toEqual(['m-1']);
  });
});

describe('a job that a spot machine lost', () => {
  const warning = (machine: string) => ({
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    detail: { 'instance-id': machine, 'instance-action': 'terminate' },
  });
  const lost = (machine: string) =>
    completed(1, machine, { conclusion: 'failure', runAttempt: 1, repositoryId: 7 });

  async function givenWarned(over = {}) {
    const deployment = { tiers: [givenTier({ spot: true })] };
    const { platform, one } = await givenListeningPair({ deployment, tenants: [givenTenant(over)] });
    await platform.follow(warning(one));
    return { platform, one };
  }

  it('is rerun by the id of its repository, too', async () => {
    const { platform, one } = await givenWarned();
    await platform.follow(lost(one));
    expect(platform.queues.installations).toMatchObject([{ kind: 'rerun-job', repositoryId: 7 }]);
  });

  it('is not rerun for a tenant of which no permissions are known', async () => {
    const { platform, one } = await givenWarned();
    const { permissions: _unknown, ...tenant } = platform.stores.world.tenant(acme)!;
    platform.stores.world.rows.tenants.set(acme, tenant);
    expect(await platform.follow(lost(one))).toEqual([]);
    expect(platform.queues.installations).toEqual([]);
  });

  it('comes again if it is unknown whether the machine was taken back', async () => {
    const { platform, one } = await givenWarned();
    platform.notes.read = async () => Promise.reject(down);
    expect(await platform.follow(lost(one))).toEqual(['m-4']);
  });

  it('is nobody’s concern if it failed on a machine that is not ours', async () => {
    const platform = await givenPlatform();
    expect(await platform.follow(lost(stranger))).toEqual([]);
  });
});

describe('a machine that ended by itself', () => {
  it('is not asked about if it never listened', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1));
    const [machine] = platform.liveMachines();
    await platform.claim(machine!);
    await platform.machineEnds(machine!);
    expect(platform.queues.installations).toEqual([]);
  });

  it('is not asked about if GitHub reported the end of its job first', async () => {
    const { platform, one } = await givenListeningPair();
    await platform.follow(completed(9, one));
    expect(platform.queues.installations).toEqual([]);
  });
});

describe('a start', () => {
  it('on its own machine is settled at once', async () => {
    const { platform, one } = await givenListeningPair();
    await platform.follow(started(1, one));
    expect(await platform.job(1)).not.toHaveProperty('unsettledAt');
  });

  it('on another machine leaves its own one, as that machine’s row says', async () => {
    const { platform, one, two } = await givenListeningPair();
    const { lease } = platform.stores.world.runner(two)!;
    await platform.follow(started(2, one));
    expect(platform.stores.world.runner(one)).toMatchObject({ ran: 2, leftLease: lease });
    expect(await platform.job(2)).not.toHaveProperty('unsettledAt');
  });

  it('on a machine that we do not know is left to the sweep', async () => {
    const { platform } = await givenListeningPair();
    expect(await platform.follow(started(2, stranger))).toEqual([]);
    expect(await platform.job(2)).toMatchObject({ runner: stranger, unsettledAt: noon });
  });

  it('on a machine that ends just then is left to the sweep', async () => {
    const { platform, one } = await givenListeningPair();
    const { world } = platform.stores;
    world.beforeCall = (call) => {
      if (call === 'runners.recordRan')
        world.rows.runners.set(one, { ...world.runner(one)!, state: 'ended' });
    };
    await platform.follow(started(2, one));
    expect(await platform.job(2)).toMatchObject({ state: 'running', unsettledAt: noon });
  });

  it('on a machine that has ended is in the record of that machine', async () => {
    const { platform, one } = await givenListeningPair();
    await platform.machineEnds(one);
    await platform.follow(started(2, one, { workflow: 'build' }));
    const [record] = platform.stores.world.rows.usage.values();
    expect(record?.job).toMatchObject({ jobId: 2, workflow: 'build' });
  });

  it('of an unknown job on a machine of ours is recorded, whatever its labels are', async () => {
    const { platform, one } = await givenListeningPair();
    platform.stores.world.failNext('runners.recordRan', down);
    expect(await platform.follow(unlabelled(9, { action: 'in_progress', runnerName: one }))).toHaveLength(1);
    expect(await platform.job(9)).toMatchObject({ state: 'running', runner: one });
    await platform.follow(unlabelled(9, { action: 'in_progress', runnerName: one }));
    expect(await platform.runners.get(acme, one)).toMatchObject({ ran: 9 });
  });

  it('of a job that was refused for its labels is not ours', async () => {
    const platform = await givenPlatform();
    await platform.follow(unlabelled(1));
    await platform.follow(unlabelled(1, { action: 'in_progress', runnerName: 'their-own' }));
    expect(linesOf(platform, 'job-started')).toEqual([]);
  });

  it('of a job that ran elsewhere before leaves the job of its new machine without one', async () => {
    const { platform, one, two } = await givenListeningPair();
    await platform.follow(started(1, one));
    await platform.follow(started(1, two));
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });
});

it('a tenant that was deleted keeps no machine', async () => {
  const { platform } = await givenListeningPair();
  platform.stores.world.editTenant(acme, { status: 'deleted' });
  await platform.follow({ kind: 'drain-tenant', installationId: acme });
  expect(platform.liveMachines()).toEqual([]);
});

it('an unknown job that is over gets a row that says so', async () => {
  const { platform, one } = await givenListeningPair();
  await platform.follow(completed(9, one));
  expect(await platform.job(9)).toMatchObject({ state: 'done', outcome: 'completed', doneAt: noon });
});

it('a hold counts from when GitHub’s webhook came', async () => {
  const platform = await givenPlatform();
  platform.clock.advance(5_000);
  await platform.follow(held(1, { receivedAt: noon + 1 }));
  expect(await platform.job(1)).toMatchObject({ state: 'blocked', unsettledAt: noon + 1 });
});

describe('a job with labels that no tier has', () => {
  it('is refused once, also if GitHub holds it for an approval', async () => {
    const platform = await givenPlatform();
    await platform.follow(unlabelled(1, { action: 'waiting' }));
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'refused' });
    await platform.follow(unlabelled(1));
    expect(platform.telemetry.total('JobsRefused')).toBe(1);
    const { labels } = unlabelled(1);
    const about = { installationId: acme, jobId: 1, reason: 'labels-unknown', labels };
    expect(linesOf(platform, 'job-refused')).toMatchObject([about]);
  });
});
