/** How often and how long a launch, a new job and a refused tenant are tried: a test fails if a bound is widened. */
import { describe, expect, it } from '@jest/globals';
import { passPlanningTurn, takePlanningTurn } from '../../lib/app/scale-up/planning-turn.ts';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { hour, poke, queued } from '../support/bounded.ts';
import { acme, givenJob, givenTier, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

describe('a launch', () => {
  it('tries other pools three times after the first attempt, and then waits', async () => {
    const instanceTypes = Array.from({ length: 9 }, (_, n) => `t3.n${n}`);
    const platform = await givenPlatform({ deployment: { tiers: [givenTier({ instanceTypes })] } });
    const dry = { class: 'capacity', code: 'InsufficientInstanceCapacity', message: 'none' } as const;
    platform.compute.launch = async (request) => {
      platform.compute.requests.push(request);
      const [first] = request.LaunchTemplateConfigs[0]!.Overrides;
      const pool = {
        market: 'on-demand',
        instanceType: first!.InstanceType,
        subnetId: first!.SubnetId,
      } as const;
      return { kind: 'refused', failure: { ...dry, pool } };
    };
    await platform.accept(queued(1));
    expect(platform.compute.requests).toHaveLength(4);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'capacity' } });
    await expectBalanced(platform);
  });

  it('tries no further pool four seconds after its run began', async () => {
    const instanceTypes = Array.from({ length: 9 }, (_, n) => `t3.n${n}`);
    const platform = await givenPlatform({ deployment: { tiers: [givenTier({ instanceTypes })] } });
    const { launch } = platform.compute;
    platform.compute.launch = async (request) => {
      platform.clock.advance(3_000);
      const { InstanceType, SubnetId } = request.LaunchTemplateConfigs[0]!.Overrides[0]!;
      const pool = { market: 'on-demand', instanceType: InstanceType, subnetId: SubnetId } as const;
      const failure = {
        class: 'capacity',
        code: 'InsufficientInstanceCapacity',
        message: 'none',
        pool,
      } as const;
      return platform.clock.now() <= noon + 6_000 ? { kind: 'refused', failure } : launch(request);
    };
    await platform.accept(queued(1));
    expect(platform.liveMachines()).toEqual([]);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('costs its run a second if its answers are lost, until EC2 shows its machines', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseAnswers = 2;
    await platform.accept(queued(1));
    expect(platform.clock.now()).toBe(noon + 1_000);
  });

  it('counts as lost after 65 minutes without an answer from EC2, and no sooner', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.loseRequests = Number.POSITIVE_INFINITY;
    await platform.accept(queued(1));
    platform.clock.advance(3_898_999);
    await platform.sweep();
    expect(await platform.leases()).toBe(1);
    platform.clock.advance(66_000);
    await platform.sweep();
    expect(await platform.leases()).toBe(0);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting' });
  });

  it('waits 50 ms for more jobs if it includes those of other copies', async () => {
    const platform = await givenPlatform();
    const brought = { code: 'queued', text: 'Accepted; earlier jobs come first.' } as const;
    await platform.jobs.insert([givenJob({ jobId: JobId(5), reason: brought, queuedAt: noon + 5 })]);
    platform.stores.world.setMaxRunners(acme, 1);
    await platform.accept(queued(1), queued(2));
    expect(platform.clock.now()).toBe(noon + 50);
    expect(platform.liveMachines()).toHaveLength(1);
  });
});

describe('a new job', () => {
  it('has its row written in three attempts while the table refuses, and then its message is redelivered', async () => {
    const platform = await givenPlatform();
    const throttled = new OperationalError('slow down', { code: 'ThrottlingException', retryable: true });
    let inserts = 0;
    platform.stores.world.beforeCall = async (call) => {
      if (call !== 'jobs.insert') return;
      inserts += 1;
      throw throttled;
    };
    expect(await platform.accept(queued(1))).toEqual(['m-1']);
    expect(inserts).toBe(3);
    expect(platform.liveMachines()).toEqual([]);
  });

  it('leaves planning to other copies after eight collisions', async () => {
    const { notes, clock } = await givenPlatform();
    let tries = 0;
    const never = async () => {
      tries += 1;
      return false;
    };
    const met = { notes: { ...notes, writeIf: never, writeWhile: never }, clock };
    const place = { installationId: acme, tier: small };
    expect(await takePlanningTurn(met, place)).toBeUndefined();
    expect(tries).toBe(8);
    const turn = await takePlanningTurn({ notes, clock }, place);
    expect(await passPlanningTurn(met, turn!)).toBe('late');
    expect(tries).toBe(16);
  });

  it('has its group looked up once an hour if the group admits it', async () => {
    const platform = await givenPlatform();
    platform.queues.installations.push({ kind: 'look-at-group', installationId: acme });
    await platform.deliverInstallations();
    const ofRepository = { repositoryId: 5, visibility: 'private' } as const;
    platform.clock.advance(hour * 1000 - 1);
    await platform.accept(queued(1, ofRepository));
    expect(platform.queues.installations).toEqual([]);
    platform.clock.advance(1);
    await platform.accept(queued(2, ofRepository));
    expect(platform.queues.installations).toEqual([{ kind: 'look-at-group', installationId: acme }]);
  });
});

describe('a tenant to which GitHub refuses runners', () => {
  it('has one machine try again every ten minutes, however many jobs wait and copies look', async () => {
    const platform = await givenPlatform();
    const attention = { code: 'github-refused', text: 'No.', since: '', probeAt: noon } as const;
    platform.stores.world.editTenant(acme, { attention });
    await platform.accept(queued(1), queued(2));
    expect(platform.liveMachines()).toHaveLength(1);
    platform.clock.advance(599_000);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(1);
    platform.clock.advance(1_000);
    await platform.accept(poke);
    expect(platform.liveMachines()).toHaveLength(2);
  });
});
