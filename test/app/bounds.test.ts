/** How many jobs, pages, rows and machines are read, tried and remembered: a test fails if a bound is widened. */
import { describe, expect, it } from '@jest/globals';
import { findSpareMachine } from '../../lib/app/common/find-spare-machine.ts';
import { findUnservedJob } from '../../lib/app/common/find-unserved-job.ts';
import { openRowsAcrossTenants } from '../../lib/app/common/open-rows.ts';
import { hasEndedHere, noteEnded } from '../../lib/app/ending/ended-here.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import { givenLaunch, givenRunner, launch1 } from '../contracts/support/stored.ts';
import { givenListening, installation, onGitHub, queued } from '../support/bounded.ts';
import { acme, givenJob, givenTenant } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

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

describe('a tenant that changes at each read', () => {
  it('has its event redelivered after five attempts', async () => {
    const platform = await givenPlatform();
    let attempts = 0;
    platform.tenants.update = async () => {
      attempts += 1;
      return 'conflict';
    };
    platform.github.getInstallation = async () => {
      const account = { accountId: 1, accountLogin: 'renamed', accountType: 'Organization' } as const;
      return { ok: true, value: { ...account, suspended: false, permissions: {} } };
    };
    const event = installation('installation_target.renamed');
    expect(await applyInstallationEvents(platform, [{ id: 'm', body: JSON.stringify(event) }])).toEqual([
      'm',
    ]);
    expect(attempts).toBe(5);
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
