/**
 * The life of a job from end to end, by HTTP alone: the App is installed, jobs are queued, machines run them in order and
 * within the limit, and nothing is left. No call is denied and nothing fails on the way.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nonEmpty } from '../support/non-empty.ts';
import { type Account, endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

describe('the main path', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  const started = () =>
    world.events
      .filter(({ kind, text }) => kind === 'github' && text === 'job-started')
      .map(({ fields }) => fields['jobId']);
  const scopes = () =>
    world.events
      .filter(({ kind, text }) => kind === 'github' && text === 'runner-registered')
      .map(({ fields }) => fields['scope']);

  it('makes an account that installs the App a tenant, with the documented row', async () => {
    acme = await world.install('acme');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(await world.tenant(acme)).toMatchObject({
      installation_id: acme.installationId,
      status: 'active',
      tier: 'small',
      max_runners: 2,
      created_at: time,
      updated_at: time,
    });
  });

  it('runs as many jobs as the limit allows, the others oldest first, and leaves nothing behind', async () => {
    const queue = (milliseconds: number) => world.queue(acme, tierLabels('small'), milliseconds);
    const long = [queue(endlessMilliseconds), queue(endlessMilliseconds)];
    await world.untilRunning(long);
    const short = [queue(100), queue(100)];
    for (const jobId of short)
      await world.untilJob(acme, jobId, { state: 'waiting', reason: 'tenant-limit' });
    await world.untilQuiet();
    expect(world.laptop.ec2.instances()).toHaveLength(2);

    // One machine's room, so that the others can only run one after the other.
    world.laptop.github.cancelJob(long[0]!);
    await world.untilCompleted(short);
    world.laptop.github.cancelJob(long[1]!);
    await world.untilRest();

    expect(started().slice(2)).toEqual(short);
    const outcomes = ['cancelled', 'cancelled', 'completed', 'completed'];
    for (const [index, jobId] of nonEmpty([...long, ...short].entries())) {
      expect(await world.job(acme, jobId)).toMatchObject({
        state: 'done',
        outcome: outcomes[index],
        attempts: 1,
      });
    }
    expect(world.laptop.ec2.instances()).toHaveLength(4);
  });

  it('takes each machine through its states in order, with one lease for life', async () => {
    const runners = await world.operator.rows('runners');
    expect(runners).toHaveLength(4);
    for (const runner of nonEmpty(runners)) {
      expect(runner).toMatchObject({ state: 'ended', tier: 'small' });
      // GitHub's word that the job is done and EC2's that the machine is off race each other.
      expect(['job-completed', 'instance-ended']).toContain(runner['end_reason']);
      const times = ['launched_at', 'claimed_at', 'listening_at', 'ended_at'].map((name) => runner[name]);
      expect(times).toEqual(times.toSorted());
    }
    expect(new Set(runners.map(({ lease }) => lease)).size).toBe(4);
  });

  it('records what each machine was used for, and what it cost', async () => {
    const usage = await world.operator.rows('usage');
    const runners = await world.operator.rows('runners');
    const ids = (rows: readonly Record<string, unknown>[]) =>
      rows.map((row) => row['instance_id']).toSorted();
    expect(ids(usage)).toEqual(ids(runners));
    expect(new Set(usage.map((row) => row['job_id'])).size).toBe(4);
    for (const row of nonEmpty(usage)) {
      expect(['success', 'cancelled']).toContain(row['conclusion']);
      expect(row).toMatchObject({ account: 'acme', tier: 'small', repository: 'acme/app' });
      expect(row).toMatchObject({ cost: { compute: expect.any(Number), address: expect.any(Number) } });
      expect(row['unpriced']).toBeUndefined();
    }
  });

  it('tags each machine, its volume and its network interface for the bill', () => {
    const tags = { tenant_id: String(acme.installationId), tier: 'small', environment: 'my-saas' };
    for (const machine of nonEmpty(world.laptop.ec2.instances())) {
      expect(machine.tags.get('ghr:tenant_id')).toBe(tags.tenant_id);
      expect(machine.tags.get('ghr:tenant_tier')).toBe(tags.tier);
      expect(machine.tags.get('ghr:environment')).toBe(tags.environment);
      expect(Object.fromEntries(machine.interfaceTags)).toEqual(Object.fromEntries(machine.volumeTags));
    }
    const fleets = world.laptop.endpoint.calls.recent().filter(({ action }) => action === 'CreateFleet');
    expect(fleets.length).toBeGreaterThan(0);
    for (const { questions } of nonEmpty(fleets)) {
      const volume = questions.find(({ resource }) => resource.includes(':volume/'));
      expect(volume?.context).toMatchObject({
        'aws:requesttag/ghr:tenant_id': tags.tenant_id,
        'aws:requesttag/ghr:tenant_tier': tags.tier,
        'aws:requesttag/ghr:environment': tags.environment,
      });
    }
  });

  it("registers runners with the organization, or with a user's repository", async () => {
    expect(new Set(scopes())).toEqual(new Set(['acme']));
    const octavia = await world.install('octavia', { user: true });
    const jobId = world.queue(octavia, tierLabels('small'));
    await world.untilCompleted([jobId]);
    await world.untilRest();
    expect(scopes().at(-1)).toBe('octavia/app');
    expect(world.laptop.github.state().runners).toEqual([]);
  });

  it('had no call denied, and nothing failed', () => {
    expect(world.trouble()).toEqual([]);
  });
});
