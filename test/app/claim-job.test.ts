import { describe, expect, it } from '@jest/globals';
import { askBeforeSeconds, goneRestSeconds } from '../../lib/app/common/settings.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent, givenTenant, medium, small } from '../support/given.ts';
import { denialLasts, expectBalanced, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
const completed = (jobId: number, over = {}) =>
  givenEvent({ jobId: JobId(jobId), action: 'completed', conclusion: 'success', ...over });
const nonce = 'a'.repeat(32);

async function givenMachine(...jobs: number[]) {
  const platform = await givenPlatform();
  await platform.accept(...jobs.map(queued));
  return { platform, machine: platform.liveMachines()[0]! };
}

describe('claiming', () => {
  it("gives a machine a JIT config with the tier's labels, under its own name", async () => {
    const { platform, machine } = await givenMachine(1);
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    const [registration] = [...platform.github.registrations.values()];
    expect(registration).toMatchObject({
      name: machine,
      labels: ['self-hosted', 'linux', 'x64', 'small'],
      scope: { kind: 'organization', organization: 'acme' },
    });
  });

  it('registers with the repository if the account is a user', async () => {
    const platform = await givenPlatform({ tenants: [givenTenant({ accountType: 'User' })] });
    await platform.accept(queued(1));
    await platform.claim(platform.liveMachines()[0]!);
    expect([...platform.github.registrations.values()]).toMatchObject([
      { scope: { kind: 'repository', owner: 'acme', repository: 'app' } },
    ]);
  });

  it('answers the same nonce again until it confirms, and nothing afterwards', async () => {
    const { platform, machine } = await givenMachine(1);
    expect(await platform.claim(machine, nonce)).toMatchObject({ action: 'run' });
    expect(await platform.claim(machine, nonce)).toMatchObject({ action: 'run' });
    expect(await platform.confirm(machine, nonce)).toBe(true);
    expect(await platform.claim(machine, nonce)).toEqual({ action: 'refuse', why: 'confirmed' });
    expect(await platform.confirm(machine, nonce)).toBe(false);
    expect(platform.github.registrations.size).toBe(1);
  });

  it('refuses a second nonce, and counts it', async () => {
    const { platform, machine } = await givenMachine(1);
    await platform.claim(machine, nonce);
    expect(await platform.claim(machine, 'b'.repeat(32))).toEqual({ action: 'refuse', why: 'other-nonce' });
    expect(platform.telemetry.total('ClaimsRefused', { reason: 'other-nonce' })).toBe(1);
    const { launchId } = platform.stores.world.allLaunches()[0]!;
    expect(platform.telemetry.events.at(-1)).toMatchObject({
      name: 'claim-refused',
      fields: { installationId: acme, tier: 'small', launchId, instanceId: machine },
    });
  });

  it("refuses a machine with another launch's ticket", async () => {
    const { platform, machine } = await givenMachine(1);
    await platform.accept(queued(2));
    const [, second] = platform.liveMachines();
    const tags = platform.compute.machines.get(second!)!.tags as Map<string, string>;
    tags.set('ghr:launch_ticket', platform.compute.machines.get(machine)!.tags.get('ghr:launch_ticket')!);
    expect(await platform.claim(second!)).toEqual({ action: 'refuse', why: 'other-launch' });
  });

  it('refuses a forged, an expired and a missing ticket, a foreign document and a bad nonce', async () => {
    const { platform, machine } = await givenMachine(1);
    const tags = platform.compute.machines.get(machine)!.tags as Map<string, string>;
    expect(await platform.claim(machine, 'short')).toEqual({ action: 'refuse', why: 'nonce-malformed' });
    const long = 'a'.repeat(65);
    expect(await platform.claim(machine, long)).toEqual({ action: 'refuse', why: 'nonce-malformed' });
    expect(await platform.claim(InstanceId('x-1'), nonce)).toMatchObject({ action: 'refuse' });
    platform.clock.advance(700_000);
    expect(await platform.claim(machine)).toEqual({ action: 'refuse', why: 'ticket-expired' });
    tags.set('ghr:launch_ticket', `${tags.get('ghr:launch_ticket')!.slice(0, -43)}${'A'.repeat(43)}`);
    expect(await platform.claim(machine)).toEqual({ action: 'refuse', why: 'ticket-forged' });
    tags.set('ghr:launch_ticket', '');
    expect(await platform.claim(machine)).toEqual({ action: 'refuse', why: 'ticket-malformed' });
  });

  it('names the tenant and launch of a valid ticket with a document that no certificate verifies', async () => {
    const { platform, machine } = await givenMachine(1);
    const real = platform.identity.verify;
    platform.identity.verify = async () => ({ refused: 'unverified' as const });
    expect(await platform.claim(machine)).toEqual({ action: 'refuse', why: 'identity-unverified' });
    expect(platform.telemetry.total('ClaimsRefused', { reason: 'identity-unverified' })).toBe(1);
    expect(platform.telemetry.events.at(-1)).toMatchObject({
      name: 'claim-refused',
      fields: { installationId: acme, tier: 'small', launchId: expect.any(String) },
    });
    platform.identity.verify = real;
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
  });

  it('asks a machine to retry if its row is not written yet', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(queued(1));
    expect(await platform.claim(platform.liveMachines()[0]!)).toEqual({ action: 'again', seconds: 1 });
  });

  it('accepts a machine whose launch closes between the two reads', async () => {
    const platform = await givenPlatform();
    await platform.acceptUnheard(queued(1));
    const machine = platform.liveMachines()[0]!;
    platform.clock.advance(61_000);
    const get = platform.stores.launches.get;
    platform.stores.launches.get = async (...given) => {
      await platform.sweep();
      return get(...given);
    };
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
  });

  it('gives the machine the oldest waiting job when its own is gone, or lets it stand down', async () => {
    const { platform } = await givenMachine(1, 2, 3);
    const [first, second] = platform.liveMachines();
    await platform.follow(
      completed(1, { conclusion: 'cancelled' }),
      completed(2, { conclusion: 'cancelled' }),
    );
    expect(await platform.claim(first!)).toMatchObject({ action: 'run' });
    expect(await platform.job(3)).toMatchObject({ state: 'covered' });
    expect(await platform.claim(second!)).toMatchObject({ action: 'stand-down' });
    await expectBalanced(platform);
  });

  it('has a machine wait for as long as GitHub asks, at most a minute, without earlier calls to GitHub', async () => {
    const { platform, machine } = await givenMachine(1);
    platform.github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 17 } });
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 17 });
    platform.github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 200 } });
    platform.clock.advance(16_000);
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 1 });
    platform.clock.advance(1_000);
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 60 });
    platform.clock.advance(200_000);
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
  });

  it('does not let a machine wait for a limit that lasts longer than a new machine takes', async () => {
    const { platform, machine } = await givenMachine(1);
    platform.github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 3000 } });
    expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'github-limited' } });
    expect(platform.liveMachines()).toEqual([]);
    platform.clock.advance(3_000_000);
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    await platform.accept({ kind: 'poke', installationId: 101, tier: 'small' });
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
  });

  it('asks GitHub before it gives a job a second machine', async () => {
    const { platform, machine } = await givenMachine(1);
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    platform.github.putJob('acme/app', JobId(1), {
      status: 'completed',
      conclusion: 'cancelled',
      runnerName: null,
    });
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'cancelled' });
  });

  it('also asks GitHub if the first try got no machine: the job may be over by then', async () => {
    const platform = await givenPlatform();
    const dry = { class: 'capacity', code: 'InsufficientInstanceCapacity', message: '' } as const;
    platform.compute.dials.refuseNext.push(dry);
    await platform.accept(queued(1));
    platform.clock.advance(181_000);
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered', attempts: 2 });
    const over = { status: 'completed', conclusion: 'cancelled', runnerName: null } as const;
    platform.github.putJob('acme/app', JobId(1), over);
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'stand-down' });
  });

  it('also asks GitHub if the machine lost on a job was launched for another one', async () => {
    const { platform, machine } = await givenMachine(1);
    platform.stores.world.setMaxRunners(acme, 1);
    await platform.accept(queued(2));
    await platform.follow(completed(1, { conclusion: 'cancelled' }));
    await platform.claim(machine);
    await platform.confirm(machine);
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    expect(await platform.job(2)).toMatchObject({ state: 'covered', attempts: 1, replacements: 1 });
    platform.github.putJob('acme/app', JobId(2), {
      status: 'completed',
      conclusion: 'cancelled',
      runnerName: null,
    });
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(2)).toMatchObject({ state: 'done', outcome: 'cancelled' });
  });

  it('pauses a job that GitHub does not show, and closes it if that lasts', async () => {
    const { platform, machine } = await givenMachine(1);
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'gone-from-github' } });
    await denialLasts(platform);
    expect(await platform.job(1)).toMatchObject({
      outcome: 'cancelled',
      reason: { code: 'gone-from-github' },
    });
  });

  it('accepts the next claim once GitHub shows the job after all', async () => {
    const { platform, machine } = await givenMachine(1);
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    await platform.claim(platform.liveMachines()[0]!);
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    platform.clock.advance((goneRestSeconds - askBeforeSeconds) * 1000);
    await platform.sweep();
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'queued' } });
    expect(await platform.job(1)).not.toHaveProperty('goneAt');
  });

  it('serves the job left without a machine if its own job began elsewhere without a report', async () => {
    const { platform, machine } = await givenMachine(1, 2);
    const [, other] = platform.liveMachines();
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    platform.github.putJob('acme/app', JobId(1), {
      status: 'in_progress',
      conclusion: null,
      runnerName: other!,
    });
    const third = platform.liveMachines().at(-1)!;
    expect(await platform.claim(third)).toMatchObject({ action: 'run' });
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: other });
    expect(await platform.stores.runners.get(acme, third)).toMatchObject({ plannedJob: 2 });
  });

  it('serves no job left without a machine in another tier', async () => {
    const platform = await givenPlatform();
    await platform.accept(queued(1), givenEvent({ jobId: JobId(2), tier: medium }));
    const runners = platform.stores.world.allRunners();
    const [first, other] = [small, medium].map(
      (name) => runners.find(({ tier }) => tier === name)!.instanceId,
    );
    await platform.machineEnds(first!);
    await platform.deliverPokes();
    const isThere = { status: 'in_progress', conclusion: null, runnerName: other! } as const;
    platform.github.putJob('acme/app', JobId(1), isThere);
    const third = platform.liveMachines().at(-1)!;
    expect(await platform.claim(third)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'running', runner: other });
    expect(await platform.stores.runners.get(acme, third)).toMatchObject({ plannedJob: 1 });
  });

  it('finds out where its own job ran if it ended elsewhere without a report', async () => {
    const { platform, machine } = await givenMachine(1, 2);
    const [, other] = platform.liveMachines();
    await platform.machineEnds(machine);
    await platform.deliverPokes();
    const isOver = { status: 'completed', conclusion: 'success', runnerName: other! } as const;
    platform.github.putJob('acme/app', JobId(1), isOver);
    await platform.claim(platform.liveMachines().at(-1)!);
    expect(await platform.job(1)).toMatchObject({ state: 'done', outcome: 'completed', runner: other });
    expect(await platform.stores.runners.get(acme, other!)).toMatchObject({ ran: 1 });
  });
});
