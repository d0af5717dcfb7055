/** What a machine is told of the job that GitHub gave it, before the job's first step. */
import { describe, expect, it } from '@jest/globals';
import { startAsks } from '../../lib/app/common/settings.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { jobKey } from '../fakes/world.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const allowed = { repository: 'acme/app', repositoryId: 11 };
const other = { repository: 'acme/other', repositoryId: 12 };
const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), ...allowed, ...over });
const started = (jobId: number, runnerName: string, over = {}) =>
  queued(jobId, { action: 'in_progress', runnerName, ...over });
/** As the fake of GitHub lists it. */
const ofRun = { runId: 1000 };
const runningOn = (runnerName: string) => ({ status: 'in_progress', conclusion: null, runnerName }) as const;
const hint = { repository: 'acme/app', runId: 1000 };

/** Job 1, of an allowed repository, has a machine whose runner listens. */
async function givenListening(tenant: Partial<Tenant> = { allowedRepositories: [11] }) {
  const platform = await givenPlatform({ tenants: [givenTenant(tenant)] });
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  const claim = await platform.claim(machine);
  await platform.confirm(machine);
  return { platform, machine, claim };
}

describe('the claim', () => {
  it.each([
    [{ allowedRepositories: [11] }, true],
    [{ allowPublicRepositories: false }, true],
    [{}, undefined],
    [{ allowPublicRepositories: true }, undefined],
  ])('of a tenant with %j gives its machine a gate: %s', async (tenant, gate) => {
    const { claim } = await givenListening(tenant);
    expect(claim).toMatchObject({ action: 'run' });
    expect(claim).toHaveProperty('jitConfig');
    expect('gate' in claim ? claim.gate : undefined).toBe(gate);
  });
});

describe('the start gate', () => {
  it('admits the planned job once GitHub says that it began there', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(started(1, machine));
    const asked = platform.clock.now();
    expect(await platform.start(machine, { hint })).toEqual({ action: 'admit' });
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
    expect(platform.clock.now()).toBe(asked);
    expect(platform.telemetry.total('StartsAnswered', { outcome: 'admitted' })).toBe(2);
  });

  it('rejects a job of another repository that GitHub gave the machine; the planned job gets another machine', async () => {
    const { platform, machine } = await givenListening();
    await platform.accept(queued(2, other));
    await platform.follow(started(2, machine, other));

    const answer = await platform.start(machine, { hint });
    expect(answer).toMatchObject({ action: 'reject', why: expect.stringContaining('acme/other') });
    expect(await platform.start(machine)).toEqual(answer);
    expect(await platform.job(2)).toMatchObject({ startRefusal: { code: 'repository-not-allowed' } });
    expect(platform.telemetry.total('GatesDisagree')).toBe(1);
    expect(platform.telemetry.total('StartsAnswered', { outcome: 'rejected' })).toBe(1);

    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.liveMachines()).toHaveLength(2);
    await platform.follow(
      queued(2, { ...other, action: 'completed', conclusion: 'failure', runnerName: machine }),
    );
    expect(await platform.job(2)).toMatchObject({
      state: 'done',
      conclusion: 'failure',
      startRefusal: { code: 'repository-not-allowed' },
    });
    await expectBalanced(platform);
    expect(platform.liveMachines()).toHaveLength(1);
  });

  it('rejects the planned job if the list has changed since, without counting a reassignment', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(started(1, machine));
    platform.stores.world.editTenant(acme, { allowedRepositories: [12] });

    expect(await platform.start(machine)).toMatchObject({ action: 'reject' });
    expect(platform.telemetry.total('GatesDisagree')).toBe(0);
  });

  it('rejects a public repository if none may run', async () => {
    const { platform, machine } = await givenListening({ allowPublicRepositories: false });
    await platform.follow(started(2, machine, { ...allowed, visibility: 'public' }));

    expect(await platform.start(machine)).toMatchObject({ action: 'reject' });
  });

  it('gives no answer about an unreported job at first, and asks GitHub from the second time on', async () => {
    const { platform, machine } = await givenListening();
    expect(await platform.start(machine, { hint })).toEqual({ action: 'again' });
    platform.github.putJob('acme/app', JobId(1), runningOn(machine), ofRun);

    expect(await platform.start(machine, { hint })).toEqual({ action: 'admit' });
  });

  it.each([
    ['the planned job', 1, allowed, 'admit'],
    ["another's job, which may not run", 2, other, 'reject'],
  ])('waits a moment for the report that %s started', async (_, jobId, of, action) => {
    const { platform, machine } = await givenListening();
    const before = platform.clock.now();
    let looks = 0;
    platform.stores.world.beforeCall = (call) => {
      if (call === 'runners.readRun') looks += 1;
    };
    const { sleep } = platform.clock;
    platform.clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      if (looks === 1) await platform.follow(started(jobId, `${machine}-gated`, of));
    };

    expect(await platform.start(machine, { hint })).toMatchObject({ action });
    expect(platform.clock.now()).toBeLessThan(before + 1_000);
  });

  it("ignores a hint to a run of another machine's job", async () => {
    const { platform, machine } = await givenListening();
    platform.github.putJob('acme/app', JobId(1), runningOn('i-other'), ofRun);

    for (const _ask of [1, 2, 3]) {
      expect(await platform.start(machine, { hint })).toEqual({ action: 'again' });
    }
  });

  it("admits no job because a runner with the machine's name elsewhere took the planned one", async () => {
    const { platform, machine } = await givenListening();
    const ofOther = { ...other, runId: 2000 };
    await platform.follow(started(1, `${machine}-gated`));
    const ask = () => platform.start(machine, { hint: { repository: 'acme/other', runId: 2000 } });
    expect(await ask()).toEqual({ action: 'again' });

    await platform.follow(started(2, `${machine}-gated`, ofOther));
    expect(await ask()).toMatchObject({ action: 'reject', why: expect.stringContaining('acme/other') });
  });

  it('asks GitHub a few times, however often the machine asks', async () => {
    const { platform, machine } = await givenListening();
    const limited = { refusal: { kind: 'limited' as const, retryAfterSeconds: 60 } };
    platform.github.failNext('listRunJobs', ...Array.from({ length: startAsks }, () => limited));
    for (let ask = 0; ask <= startAsks; ask++) {
      expect(await platform.start(machine, { hint })).toEqual({ action: 'again' });
    }
    platform.github.putJob('acme/app', JobId(1), runningOn(machine), ofRun);

    expect(await platform.start(machine, { hint })).toEqual({ action: 'again' });
  });

  it.each([
    [
      'before it confirmed',
      'not-listening',
      async ({ platform }: Given) => {
        await platform.accept(queued(2));
        const second = platform.liveMachines()[1]!;
        await platform.claim(second);
        return platform.start(second);
      },
    ],
    [
      'with a nonce of its own',
      'not-listening',
      ({ platform, machine }: Given) => platform.start(machine, { nonce: 'f'.repeat(32) }),
    ],
    [
      'after its end',
      'not-listening',
      async ({ platform, machine }: Given) => {
        await platform.machineEnds(machine);
        return platform.start(machine);
      },
    ],
    ['without papers', 'ticket-malformed', ({ platform }: Given) => platform.start(InstanceId('i-strange'))],
    [
      'long after its runner must have had a job',
      'ticket-expired',
      ({ platform, machine }: Given) => {
        const { bootSeconds, idleSeconds } = platform.deployment.limits;
        platform.clock.advance((bootSeconds + idleSeconds + 600 + 61) * 1000);
        return platform.start(machine);
      },
    ],
  ])('refuses a machine that asks %s', async (_when, why, ask) => {
    const given = await givenListening();
    expect(await ask(given)).toEqual({ action: 'refuse', why });
    expect(given.platform.telemetry.total('StartsRefused', { reason: why })).toBe(1);
  });

  it('answers a machine even if its runner got its job late, and took ten minutes to prepare it', async () => {
    const { platform, machine } = await givenListening();
    const { bootSeconds, idleSeconds } = platform.deployment.limits;
    platform.clock.advance((bootSeconds + idleSeconds) * 1000);
    await platform.follow(started(1, machine));
    platform.clock.advance(600_000);

    expect(await platform.start(machine)).toEqual({ action: 'admit' });
  });
});

type Given = Awaited<ReturnType<typeof givenListening>>;

describe('the start gate counts a job only', () => {
  it('if GitHub says that it runs on this machine, even where it was planned here', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(started(1, 'i-00000000000000abc'));
    expect(await platform.start(machine, { hint })).toEqual({ action: 'again' });
  });

  it('if it has begun, or is over by now', async () => {
    const { platform, machine } = await givenListening();
    const key = jobKey(acme, JobId(1));
    const set = (state: 'covered' | 'done') => {
      const job = platform.stores.world.job(acme, JobId(1))!;
      platform.stores.world.rows.jobs.set(key, { ...job, state, runner: machine });
    };
    set('covered');
    expect(await platform.start(machine)).toEqual({ action: 'again' });
    set('done');
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
  });

  it('for a machine of the launch that its ticket is of, and that we know', async () => {
    const { platform, machine } = await givenListening();
    await platform.follow(started(1, machine));
    await platform.accept(queued(2));
    const [, second] = platform.liveMachines();
    const tags = platform.compute.machines.get(machine)!.tags as Map<string, string>;
    tags.set(tagKeys.ticket, platform.compute.machines.get(second!)!.tags.get(tagKeys.ticket)!);
    expect(await platform.start(machine)).toEqual({ action: 'refuse', why: 'not-listening' });
    const { launchId } = platform.stores.world.runner(second!)!;
    expect(platform.telemetry.events.at(-1)).toMatchObject({
      name: 'start-refused',
      fields: { installationId: acme, instanceId: machine, launchId, tier: 'small' },
    });
    platform.stores.world.rows.runners.clear();
    expect(await platform.start(second!)).toEqual({ action: 'refuse', why: 'not-listening' });
  });
});
