/** What is kept has an end, what comes later a time, and what is asked a number: each bound fails here when it is widened. */
import { describe, expect, it } from '@jest/globals';
import { findSpareMachine } from '../../lib/app/common/find-spare-machine.ts';
import { findUnservedJob } from '../../lib/app/common/find-unserved-job.ts';
import { openRowsAcrossTenants } from '../../lib/app/common/open-rows.ts';
import { hasEndedHere, noteEnded } from '../../lib/app/ending/ended-here.ts';
import { passPlanningTurn, takePlanningTurn } from '../../lib/app/scale-up/planning-turn.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenLaunch, givenRunner, launch1 } from '../contracts/support/stored.ts';
import { acme, givenEvent, givenJob, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...over });
const poke = { kind: 'poke', installationId: acme, tier: small } as const;
const onGitHub = (status: 'queued' | 'waiting' | 'in_progress' | 'completed') =>
  ({ status, conclusion: status === 'completed' ? 'cancelled' : null, runnerName: null }) as const;
const installation = (event: string) =>
  ({ kind: 'installation', event, installationId: acme, repositoriesRemoved: [], delivery: event }) as const;
const warning = (machine: string) => ({
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  detail: { 'instance-id': machine, 'instance-action': 'terminate' },
});

const hour = 3_600;
const day = 24 * hour;

/** Job 1 has a machine whose runner listens. */
async function givenListening(tenant: Partial<Tenant> = {}, spot = false) {
  const tiers = [givenTier({ spot, maxRunners: 5 })];
  const platform = await givenPlatform({ tenants: [givenTenant(tenant)], deployment: { tiers } });
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  await platform.claim(machine);
  await platform.confirm(machine);
  return { platform, machine };
}

/** GitHub says how the job of a machine ended that EC2 took back. */
async function givenTakenBack(status: 'in_progress' | 'completed') {
  const { platform, machine } = await givenListening({}, true);
  await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }), warning(machine));
  platform.github.putJob('acme/app', JobId(1), onGitHub(status));
  const lost = { action: 'completed', conclusion: 'cancelled', runnerName: machine, runAttempt: 1 };
  await platform.follow(queued(1, lost));
  return platform;
}

async function givenUnknown() {
  const platform = await givenPlatform({ tenants: [] });
  platform.queues.installations.push(installation('installation.created'));
  await platform.deliverInstallations();
  return platform;
}

async function givenHeld(status: 'queued' | 'waiting') {
  const platform = await givenPlatform();
  await platform.follow(queued(1, { action: 'waiting' }));
  platform.github.putJob('acme/app', JobId(1), onGitHub(status));
  await platform.accept(queued(1, { receivedAt: noon + 1 }));
  return platform;
}

async function givenEndedAlone() {
  const { platform, machine } = await givenListening();
  await platform.machineEnds(machine);
  return platform;
}

describe('a note', () => {
  /** Of those that are there, the kind and for how long they still are; waits of a second or two do not matter. */
  const kept = ({ notes, clock }: Platform) =>
    [...notes.all].map(([name, { expiresAt }]) => {
      const tens = Math.round((expiresAt - clock.now()) / 10_000);
      return [name.split('/')[0], tens * 10];
    });

  it.each<[string, number, () => Promise<Platform>]>([
    [
      'spot-warned',
      hour,
      async () => {
        const { platform, machine } = await givenListening({}, true);
        await platform.follow(warning(machine));
        return platform;
      },
    ],
    [
      'rerun',
      7 * day,
      async () => {
        const platform = await givenTakenBack('completed');
        await platform.deliverInstallations();
        return platform;
      },
    ],
    ['unknown-installation', day, givenUnknown],
    [
      'unknown-asked',
      60,
      async () => {
        const platform = await givenPlatform({ tenants: [] });
        await platform.accept(queued(1));
        platform.clock.advance(60_000);
        await platform.accept(poke);
        return platform;
      },
    ],
    [
      'returned',
      hour,
      async () => {
        const platform = await givenPlatform();
        platform.queues.installations.push(installation('installation.unsuspend'));
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'unregistered',
      3 * hour,
      async () => {
        const platform = await givenEndedAlone();
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'start-asks',
      hour,
      async () => {
        const { platform, machine } = await givenListening();
        await platform.start(machine, { hint: { repository: 'acme/app', runId: 1000 } });
        return platform;
      },
    ],
    [
      'runner-group',
      day,
      async () => {
        const platform = await givenPlatform();
        platform.queues.installations.push({ kind: 'look-at-group', installationId: acme });
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'sweep',
      hour,
      async () => {
        const platform = await givenPlatform();
        platform.jobs.scanPendingAcrossTenants = async () => ({ jobs: [], cursor: 'further' });
        await platform.sweep();
        return platform;
      },
    ],
    [
      'runner-group-asked',
      20,
      async () => {
        const platform = await givenPlatform();
        await platform.accept(queued(1, { repositoryId: 5, visibility: 'public' }));
        return platform;
      },
    ],
  ])('%s is kept for %i seconds', async (kind, seconds, act) => {
    expect(kept(await act())).toContainEqual([kind, seconds]);
  });
});

describe('a message that comes later', () => {
  it.each<[string, string, number, () => Promise<Platform>]>([
    ['a machine that ended by itself', 'unheard-run', 600, givenEndedAlone],
    ['an installation that GitHub does not show', 'installation', 180, givenUnknown],
    [
      'a job to run again whose run is not over',
      'rerun-job',
      300,
      async () => {
        const platform = await givenTakenBack('in_progress');
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'a job that was queued again, and that GitHub still holds',
      'look-at-job',
      30,
      async () => {
        const platform = await givenHeld('waiting');
        await platform.deliverInstallations();
        return platform;
      },
    ],
    [
      'a held job while GitHub takes no calls',
      'look-at-job',
      77,
      async () => {
        const platform = await givenHeld('queued');
        platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 77 } });
        await platform.deliverInstallations();
        return platform;
      },
    ],
  ])('of %s, a %s, comes after %i seconds', async (_of, kind, delaySeconds, act) => {
    expect((await act()).queues.delayed).toEqual([{ kind, delaySeconds }]);
  });

  it('of a held job is not repeated an hour after GitHub queued it', async () => {
    const platform = await givenHeld('queued');
    platform.clock.advance(hour * 1000 + 1);
    platform.github.failNext('getJob', { refusal: { kind: 'limited', retryAfterSeconds: 77 } });
    await platform.deliverInstallations();
    expect(platform.queues.installations).toEqual([]);
  });
});

describe('a machine whose own job is gone', () => {
  it('is tried with five others, and then stands down', async () => {
    const { platform, machine } = await givenListeningSoon();
    const waiting = Array.from({ length: 12 }, (_, n) => givenJob({ jobId: JobId(n + 10), attempts: 3 }));
    await platform.jobs.insert(waiting);
    for (const { jobId } of waiting) platform.github.putJob('acme/app', jobId, onGitHub('completed'));
    expect(await platform.claim(machine)).toEqual({ action: 'stand-down', why: 'its jobs were gone' });
    const over = platform.stores.world
      .allJobs()
      .filter(({ jobId, state }) => jobId >= 10 && state === 'done');
    expect(over.map(({ jobId }) => jobId)).toEqual([10, 11, 12, 13, 14]);
  });

  async function givenListeningSoon() {
    const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 1 })] });
    await platform.accept(queued(1));
    await platform.follow(queued(1, { action: 'completed', conclusion: 'cancelled' }));
    return { platform, machine: platform.liveMachines()[0]! };
  }
});

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

describe('a machine that asks whether its job may start', () => {
  const hint = { repository: 'acme/app', runId: 1000 };
  const runningOn = (runnerName: string) =>
    ({ status: 'in_progress', conclusion: null, runnerName }) as const;

  /** The machine runs the last of so many jobs of a run, and no webhook told of it. */
  async function givenMatrix(jobs: number) {
    const { platform, machine } = await givenListening();
    platform.github.listing.pageSize = 1;
    for (let n = 1; n < jobs; n++) {
      platform.github.putJob('acme/app', JobId(100 + n), runningOn('i-other'), { runId: 1000 });
    }
    platform.github.putJob('acme/app', JobId(1), runningOn(machine), { runId: 1000 });
    const { listRunJobs } = platform.github;
    let pages = 0;
    platform.github.listRunJobs = async (...given) => {
      pages += 1;
      return listRunJobs(...given);
    };
    return { platform, machine, pages: () => pages };
  }

  it('has its job looked up on at most four pages', async () => {
    const far = await givenMatrix(5);
    for (let ask = 1; ask <= 2; ask++) {
      expect(await far.platform.start(far.machine, { hint })).toEqual({ action: 'again' });
    }
    expect(far.pages()).toBe(4);
    const near = await givenMatrix(4);
    await near.platform.start(near.machine, { hint });
    expect(await near.platform.start(near.machine, { hint })).toEqual({ action: 'admit' });
  });

  it('has GitHub asked five times, and waits a second and a half for its webhook each time', async () => {
    const { platform, machine, pages } = await givenMatrix(9);
    const begun = platform.clock.now();
    for (let ask = 1; ask <= 12; ask++) await platform.start(machine, { hint });
    expect(pages()).toBe(5 * 4);
    expect(platform.clock.now() - begun).toBe(12 * (350 + 1_150));
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

describe('a tenant that changes at each read', () => {
  it('has its event redelivered after five attempts', async () => {
    const platform = await givenPlatform();
    let looks = 0;
    platform.tenants.update = async () => 'conflict';
    platform.github.getInstallation = async () => {
      looks += 1;
      const account = { accountId: 1, accountLogin: 'renamed', accountType: 'Organization' } as const;
      return { ok: true, value: { ...account, suspended: false, permissions: {} } };
    };
    const event = installation('installation_target.renamed');
    expect(await applyInstallationEvents(platform, [{ id: 'm', body: JSON.stringify(event) }])).toEqual([
      'm',
    ]);
    expect(looks).toBe(5);
  });
});

describe('a look at all rows that hold leases', () => {
  it('reads twenty thousand launches, and says that there are more', async () => {
    const { stores, launches, runners, clock } = await givenPlatform();
    const { rows } = stores.world;
    const launch = givenLaunch([]);
    const put = (n: number) => rows.launches.set(LaunchId(`open-${n}`), launch);
    for (let n = 1; n < 20_000; n++) put(n);
    expect(await openRowsAcrossTenants({ launches, runners, clock })).toMatchObject({ isCut: false });
    for (let n = 20_000; n <= 20_005; n++) put(n);
    const open = await openRowsAcrossTenants({ launches, runners, clock });
    expect(open.isCut).toBe(true);
    expect(open.launches).toHaveLength(20_000);
  });
});

describe('a chain of machines that swapped their jobs', () => {
  const machineOf = (n: number) => InstanceId(`i-${n}`);

  /** Machine n was meant for job n, and runs job n + 1; the last machine runs nothing, and job 0 runs nowhere. */
  async function givenChain(swaps: number) {
    const platform = await givenPlatform();
    const { rows } = platform.stores.world;
    const leases = Array.from({ length: swaps + 1 }, (_, n) => leaseOf(launch1, n));
    const instances = new Map(leases.map((lease, n) => [lease, machineOf(n)]));
    rows.launches.set(launch1, givenLaunch([], { state: 'closed', instances }));
    for (const [n, lease] of leases.entries()) {
      const isLast = n === swaps;
      const swap = isLast ? {} : { ran: JobId(n + 1), leftLease: leases[n + 1]! };
      const meant = { instanceId: machineOf(n), lease, plannedJob: JobId(n) };
      rows.runners.set(machineOf(n), givenRunner({ ...meant, ...swap }));
      const where =
        n === 0
          ? ({ state: 'covered', lease } as const)
          : ({ state: 'running', runner: machineOf(n - 1) } as const);
      rows.jobs.set(`${acme}/${n}`, givenJob({ jobId: JobId(n), ...where }));
    }
    const unserved = await findUnservedJob(platform, (await platform.job(swaps))!);
    const spare = await findSpareMachine(platform, rows.runners.get(machineOf(0))!);
    return [unserved?.jobId, spare?.instanceId];
  }

  it('is followed for twenty machines, to the job and to the machine at its ends', async () => {
    expect(await givenChain(20)).toEqual([0, 'i-20']);
    expect(await givenChain(21)).toEqual([undefined, undefined]);
  });
});

describe('the memory of machines that a process has ended', () => {
  it('holds ten thousand, and forgets the oldest one first', async () => {
    const { runners } = await givenPlatform();
    const machines = Array.from({ length: 10_001 }, (_, n) => InstanceId(`i-${n}`));
    noteEnded(runners, machines);
    expect(machines.filter((machine) => !hasEndedHere(runners, machine))).toEqual(['i-0']);
  });
});
