/** What one launch learns from EC2, and tells all others: when they may call, and who is next. */
import { describe, expect, it } from '@jest/globals';
import { learn, mayCallNow, takeTurn } from '../../lib/app/launch/scarcity.ts';
import { InstallationId, InstanceId, JobId } from '../../lib/core/ids.ts';
import type { LaunchPace } from '../../lib/core/launch-pace.ts';
import type { LaunchAnswer, LaunchFailure } from '../../lib/ports/compute.ts';
import { acme, givenEvent, givenTenant, givenTier, noon, small } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const place = { installationId: acme, tier: small };
const failure = (kind: LaunchFailure['class']): LaunchFailure => ({ class: kind, code: kind, message: kind });
const answered = (...kinds: LaunchFailure['class'][]): LaunchAnswer => ({
  kind: 'answered',
  instances: [],
  failures: kinds.map(failure),
});
const throttled: LaunchAnswer = { kind: 'refused', failure: failure('throttled') };
const at = (milliseconds: number) => ({ at: noon + milliseconds, calledAt: noon + milliseconds });

/** A launch that was carried out, and then EC2 throttles: from now on calls have this pace. */
async function givenPace(over: Partial<LaunchPace> = {}) {
  const platform = await givenPlatform({ deployment: { tiers: [givenTier({ spot: true })] } });
  await platform.accept(givenEvent());
  const [launch] = platform.stores.world.allLaunches();
  const late = { nextCallAt: noon, lineEndsAt: noon, slowedAt: noon - 1_000 };
  const value = { callsPerSecond: 1, turns: {}, ...late, ...over };
  await platform.notes.write('launch-pace', { value, expiresAt: noon + 3_600_000 });
  const paceNow = () => platform.notes.all.get('launch-pace')!.value as unknown as LaunchPace;
  return { platform, launch: launch!, paceNow };
}

const pokes = ({ queues }: Platform) =>
  queues.tiers.flatMap(({ message: { kind, installationId }, delaySeconds }) =>
    kind === 'poke' ? [[installationId, delaySeconds]] : [],
  );

describe('a call that has no place in the line', () => {
  it('is made immediately while EC2 does not throttle, and leaves no note', async () => {
    const platform = await givenPlatform();
    expect(await mayCallNow(platform)).toBe(true);
    expect(platform.clock.now()).toBe(noon);
    expect(platform.notes.all.size).toBe(0);
  });

  it('waits for its turn while EC2 throttles, and the next one queues behind it', async () => {
    const { platform, paceNow } = await givenPace({ nextCallAt: noon + 1_500 });
    expect(await mayCallNow(platform)).toBe(true);
    expect(platform.clock.now()).toBe(noon + 1_500);
    expect(paceNow().nextCallAt).toBe(noon + 2_500);
  });

  it('is not made if its turn is more than two seconds away, and delays no others', async () => {
    const { platform, paceNow } = await givenPace({ nextCallAt: noon + 2_001 });
    expect(await mayCallNow(platform)).toBe(false);
    expect(platform.clock.now()).toBe(noon);
    expect(paceNow().nextCallAt).toBe(noon + 2_001);
  });

  it('leaves an open launch to the next sweep', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(givenEvent());
    platform.clock.advance(61_000);
    const now = platform.clock.now();
    const value = { callsPerSecond: 1, turns: {}, nextCallAt: now + 50_000, lineEndsAt: now, slowedAt: now };
    await platform.notes.write('launch-pace', { value, expiresAt: now + 3_600_000 });
    const calls = platform.compute.requests.length;
    await platform.sweep();
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'intent' }]);
    platform.clock.advance(60_000);
    await platform.sweep();
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'closed' }]);
    expect(platform.compute.requests).toHaveLength(calls);
    await expectBalanced(platform);
  });
});

describe('a call in its turn', () => {
  it('waits for it, and is made even though EC2 throttled before', async () => {
    const { platform } = await givenPace({ nextCallAt: noon + 1_500 });
    expect(await takeTurn(platform, place)).toMatchObject({ kind: 'go' });
    expect(platform.clock.now()).toBe(noon + 1_500);
  });

  it('is requested again if EC2 throttled meanwhile, at most three times', async () => {
    const { platform, launch } = await givenPace({ callsPerSecond: 50, nextCallAt: noon + 100 });
    const { sleep } = platform.clock;
    let waits = 0;
    platform.clock.sleep = async (milliseconds) => {
      waits += 1;
      await sleep(milliseconds);
      await learn(platform, { launch, askedAt: platform.clock.now(), answer: throttled, paced: true });
    };
    await takeTurn(platform, { ...place, installationId: InstallationId(9) });
    expect(waits).toBe(3);
  });

  it('is made later if other copies were always faster to change the note', async () => {
    const { platform } = await givenPace();
    platform.notes.writeIf = async () => false;
    expect(await takeTurn(platform, place)).toMatchObject({ kind: 'wait', fresh: false });
  });

  it('pokes a tenant when its turn begins if that is later than a function may wait', async () => {
    const { platform } = await givenPace({ nextCallAt: noon + 20_000, lineEndsAt: noon + 20_000 });
    expect(await takeTurn(platform, place)).toMatchObject({ kind: 'wait' });
    expect(platform.clock.now()).toBe(noon);
    expect(pokes(platform)).toEqual([[acme, 21]]);
  });

  it('is poked after at most a quarter of an hour, since a message cannot be delayed longer', async () => {
    const { platform } = await givenPace({ nextCallAt: noon + 3_000_000, lineEndsAt: noon + 3_000_000 });
    await takeTurn(platform, place);
    expect(pokes(platform)).toEqual([[acme, 900]]);
  });
});

describe('an answer of EC2', () => {
  const turns = { '7/small': at(60_000), '8/small': at(50_000), '9/small': at(40_000) };

  it('that accepts a paced call wakes the next two in line', async () => {
    const { platform, launch } = await givenPace({ turns });
    await learn(platform, { launch, askedAt: noon, answer: answered(), paced: true });
    expect(pokes(platform)).toEqual([
      [9, 0],
      [8, 0],
    ]);
  });

  it.each([
    ['to a call without a turn', answered(), false],
    ['that nobody understands', { kind: 'unclear', failure: failure('unknown') } as const, true],
  ])('%s wakes nobody', async (_which, answer, paced) => {
    const { platform, launch } = await givenPace({ turns });
    await learn(platform, { launch, askedAt: noon, answer, paced });
    expect(pokes(platform)).toEqual([]);
  });

  it('that throttles sends the launch to the end of the line, at least a second later', async () => {
    const { platform, launch, paceNow } = await givenPace({ turns, lineEndsAt: noon + 60_000 });
    const call = { launch, askedAt: noon, answer: throttled, paced: true };
    expect(await learn(platform, call)).toEqual({ againNow: false, againSeconds: 62 });
    expect(paceNow().callsPerSecond).toBe(0.5);
    const ordinary = await givenPlatform();
    expect(await learn(ordinary, call)).toEqual({ againNow: false, againSeconds: 1 });
    ordinary.notes.writeIf = async () => false;
    expect(await learn(ordinary, call)).toEqual({ againNow: false, againSeconds: 10 });
  });

  it.each([
    [['fatal', 'quota'], false, 300],
    [['quota', 'capacity'], true, 60],
    [['unoffered', 'capacity'], true, 10],
    [['capacity'], true, 180],
    [['unknown'], false, 10],
    [[], false, 10],
  ] as const)(
    'of %j leads to another pool immediately: %s, or else to a retry after %i s',
    async (kinds, ...lesson) => {
      const { platform, launch } = await givenPace();
      const [againNow, againSeconds] = lesson;
      const call = { launch, askedAt: noon, answer: answered(...kinds), paced: false };
      expect(await learn(platform, call)).toEqual({ againNow, againSeconds });
    },
  );

  it('that pools are dry is remembered until ten minutes after they reopen', async () => {
    const { platform, launch } = await givenPace();
    const closed = () => Object.keys(platform.notes.all.get('closed-pools')?.value ?? {});
    const dry = { launch, askedAt: noon, answer: answered('capacity'), paced: false };
    const quota = { ...dry, answer: answered('quota') };
    await learn(platform, dry);
    platform.clock.advance(779_999);
    await learn(platform, quota);
    expect(closed()).toEqual(['spot:t3.medium:us-east-1a', 'spot:t3.medium:us-east-1b', 'spot:small']);
    platform.clock.advance(1);
    await learn(platform, quota);
    expect(closed()).toEqual(['spot:small']);
  });
});

describe('a launch for which EC2 had no machines', () => {
  it.each([
    ['capacity', 180],
    ['fatal', 300],
    ['unknown', 10],
  ] as const)('of class %s is poked after %i s', async (kind, seconds) => {
    const platform = await givenPlatform();
    platform.compute.dials.refuseNext.push(failure(kind));
    await platform.accept(givenEvent());
    expect(pokes(platform)).toContainEqual([acme, seconds]);
    expect(platform.liveMachines()).toEqual([]);
  });
});

describe('a launch that EC2 did not carry out', () => {
  const pool = { market: 'on-demand', instanceType: 't3.medium' } as const;

  it.each<[string, LaunchAnswer, string, RegExp]>([
    ['capacity', { kind: 'refused', failure: failure('capacity') }, 'capacity', /no capacity for this tier/],
    ['quota', { kind: 'refused', failure: failure('quota') }, 'quota', /at its quota/],
    ['throttled', throttled, 'throttled', /throttle/],
    ['fatal', { kind: 'refused', failure: failure('fatal') }, 'launch-failed', /alerted/],
    ['unknown', { kind: 'refused', failure: failure('unknown') }, 'launch-failed', /refused.*unknown/],
    ['fewer machines', answered(), 'capacity', /fewer machines/],
    [
      'unoffered',
      {
        kind: 'answered',
        instances: [],
        failures: ['subnet-a', 'subnet-b'].map((subnetId) => ({
          ...failure('unoffered'),
          pool: { ...pool, subnetId },
        })),
      },
      'launch-failed',
      /offers none of this tier's/,
    ],
  ])('leaves its job with a reason: %s', async (_class, answer, code, text) => {
    const platform = await givenPlatform();
    platform.compute.launch = async () => answer;
    await platform.accept(givenEvent());
    const job = await platform.job(1);
    expect(job).toMatchObject({ state: 'waiting', reason: { code } });
    expect(job?.reason?.text).toMatch(text);
    expect(await platform.leases()).toBe(0);
  });
});

describe('the line that a launch logs', () => {
  const lines = ({ telemetry }: Platform, of = 'launch') =>
    telemetry.events.filter(({ name }) => name === of).map(({ level, fields }) => ({ level, ...fields }));

  it('names its jobs and machines, and says how long EC2 took', async () => {
    const platform = await givenPlatform();
    const { launch } = platform.compute;
    platform.compute.launch = async (request) => {
      platform.clock.advance(700);
      return launch(request);
    };
    platform.stores.world.beforeCall = (call) => {
      if (call === 'jobs.insert') platform.clock.advance(40);
    };
    await platform.accept(givenEvent());
    const launchId = platform.stores.world.allLaunches()[0]?.launchId;
    const about = { level: 'info', ...place, launchId, result: 'started' };
    expect(lines(platform)).toEqual([{ ...about, jobIds: [1], instanceIds: platform.liveMachines() }]);
    const measured = [
      'Launches',
      'MachinesStarted',
      'LeasedToAskedMilliseconds',
      'LeasedToLaunchedMilliseconds',
    ];
    expect(measured.map((metric) => platform.telemetry.total(metric as 'Launches'))).toEqual([1, 1, 40, 740]);
  });

  it('says what EC2 refused, and is a warning then', async () => {
    const platform = await givenPlatform();
    platform.compute.dials.refuseNext.push(failure('fatal'));
    await platform.accept(givenEvent());
    const refused = { level: 'warn', result: 'fatal', instanceIds: [], failures: [failure('fatal')] };
    expect(lines(platform)).toMatchObject([refused]);
  });

  it('names only pools that AWS does not offer', async () => {
    const { platform, launch } = await givenPace();
    const pool = { market: 'spot', instanceType: 't3.medium', subnetId: 'subnet-a' } as const;
    const call = { launch, askedAt: noon, paced: false };
    const unoffered = { ...failure('unoffered'), pool };
    const dry = { ...failure('capacity'), pool: { ...pool, subnetId: 'subnet-b' } };
    await learn(platform, { ...call, answer: { kind: 'answered', instances: [], failures: [dry] } });
    expect(lines(platform, 'pools-not-offered')).toEqual([]);
    await learn(platform, {
      ...call,
      answer: { kind: 'answered', instances: [], failures: [unoffered, dry] },
    });
    const pools = ['spot:t3.medium:us-east-1a'];
    expect(lines(platform, 'pools-not-offered')).toEqual([{ level: 'warn', pools }]);
  });

  it('reports the result of one whose caller died', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(givenEvent());
    platform.clock.advance(61_000);
    await platform.sweep();
    const resumed = { level: 'info', ...place, kind: 'launch-resumed' };
    const found = { asked: 1, tagged: 1, answer: 'not asked' };
    expect(lines(platform, 'repair')).toEqual([expect.objectContaining({ ...resumed, ...found })]);
    expect(platform.telemetry.total('Repairs')).toBe(1);
    expect(platform.telemetry.total('NotesFailed')).toBe(0);
    const early = await givenPlatform();
    early.stores.world.failNext('jobs.insert', new Error('died'));
    await early.accept(givenEvent());
    early.clock.advance(61_000);
    await early.sweep();
    const without = { found: 'jobs without rows', jobs: 1 };
    expect(lines(early, 'repair')).toEqual([expect.objectContaining({ ...resumed, ...without })]);
    expect(early.telemetry.total('Repairs')).toBe(1);
  });
});

describe('the machines of a launch', () => {
  const two = [1, 2].map((jobId) => givenEvent({ jobId: JobId(jobId) }));

  it('that are shown get their rows while others may still appear', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(...two);
    const [shown, hidden] = platform.liveMachines();
    platform.compute.machines.get(hidden!)!.hidden = true;
    platform.compute.dials.loseRequests = 1;
    platform.clock.advance(61_000);
    await platform.sweep();
    expect(platform.stores.world.allRunners()).toMatchObject([{ instanceId: shown, state: 'booting' }]);
    expect(platform.stores.world.allLaunches()).toMatchObject([{ state: 'intent' }]);
    expect(await platform.leases()).toBe(2);
    platform.compute.machines.get(hidden!)!.hidden = false;
    platform.clock.advance(66_000);
    await platform.sweep();
    expect(platform.stores.world.allRunners()).toHaveLength(2);
    await expectBalanced(platform);
  });

  it('are no more than requested: an additional one gets no lease', async () => {
    const platform = await givenPlatform();
    const { launch } = platform.compute;
    platform.compute.launch = async (request) => {
      const answer = await launch(request);
      const extra = { instanceId: InstanceId('i-0000000000000ffff'), instanceType: 't3.medium', spot: false };
      return answer.kind === 'answered' ? { ...answer, instances: [...answer.instances, extra] } : answer;
    };
    await platform.accept(givenEvent());
    expect(platform.stores.world.allRunners()).toHaveLength(1);
    expect(await platform.leases()).toBe(1);
  });

  it('are checked once they must have booted', async () => {
    const platform = await givenPlatform();
    await platform.accept(...two);
    const { launches } = platform.stores;
    const bootMilliseconds = platform.deployment.limits.bootSeconds * 1000;
    expect(await launches.listWatchedAcrossTenants(noon + bootMilliseconds - 1, 9)).toEqual([]);
    expect(await launches.listWatchedAcrossTenants(noon + bootMilliseconds, 9)).toHaveLength(1);
  });

  it.each([
    [2, 8],
    [0.1, 1],
  ])('of a tenant of weight %d number %d at a time while EC2 is short', async (weight, machines) => {
    const platform = await givenPlatform({
      tenants: [givenTenant({ maxRunners: 20, weight })],
      deployment: { tiers: [givenTier({ maxRunners: 20 })] },
    });
    platform.compute.dials.pools.set('t3.medium:on-demand', 0);
    await platform.accept(...Array.from({ length: 12 }, (_, n) => givenEvent({ jobId: JobId(n + 1) })));
    platform.compute.dials.pools.clear();
    platform.clock.advance(180_000);
    await platform.accept({ kind: 'poke', ...place });
    expect(platform.liveMachines()).toHaveLength(machines);
  });
});

it('wakes nobody of a tier that was removed while its tenant was in line, and fails for nobody', async () => {
  const turns = { [`${acme}/former`]: at(30_000), '202/small': at(40_000) };
  const { platform, launch } = await givenPace({ turns, lineEndsAt: noon + 40_000 });
  const call = { launch, askedAt: noon, answer: answered(), paced: true };
  await expect(learn(platform, call)).resolves.toMatchObject({ againNow: false });
  expect(pokes(platform)).toEqual([[202, 0]]);
});
