/** Machines that claimed before their tenant had a start gate: none of them is left to run a job unasked. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { acme, givenEvent } from '../support/given.ts';
import { expectBalanced, givenPlatform } from '../support/platform.ts';

const queued = (jobId: number, over = {}) => givenEvent({ jobId: JobId(jobId), repositoryId: 11, ...over });

/** Job 1 has a machine whose runner listens, and that asks nobody. */
async function givenListening() {
  const platform = await givenPlatform();
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  await platform.claim(machine);
  await platform.confirm(machine);
  const allow = () => platform.stores.world.editTenant(acme, { allowedRepositories: [11] });
  return { platform, machine, allow };
}

describe('a machine without a start gate', () => {
  it('gets no job any more once its tenant has a list, and its own job gets one with a gate', async () => {
    const { platform, machine, allow } = await givenListening();
    allow();
    await platform.reconcile();
    expect(platform.github.registrations.size).toBe(0);

    await platform.deliverPokes();
    const [first, next] = platform.liveMachines();
    expect(first).toBe(machine);
    // Of a job that lost a machine claim asks first.
    platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
    expect(await platform.claim(next!)).toMatchObject({ action: 'run', gate: true });
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    expect(platform.telemetry.total('Repairs', { kind: 'ungated-machine-replaced' })).toBe(1);
    await expectBalanced(platform);
  });

  it('stays where its tenant has none', async () => {
    const { platform, machine } = await givenListening();
    await platform.reconcile();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('stays with its job, of which GitHub told', async () => {
    const { platform, machine, allow } = await givenListening();
    await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }));
    allow();
    await platform.reconcile();
    expect(platform.liveMachines()).toEqual([machine]);
    expect(platform.github.registrations.size).toBe(1);
  });

  it('stays with a job of which GitHub has not told yet, but gives its registration not away', async () => {
    const { platform, machine, allow } = await givenListening();
    platform.github.setBusy(machine, true);
    allow();
    await platform.reconcile();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('is left at work where GitHub wrongly calls it idle, and no start was told', async () => {
    const { platform, machine, allow } = await givenListening();
    platform.github.setBusy(machine, false);
    allow();
    for (let visits = 0; visits < 3; visits += 1) await platform.reconcile();
    expect(platform.liveMachines()).toContain(machine);
    const ended = { action: 'completed', conclusion: 'success', runnerName: machine } as const;
    await platform.follow(queued(1, ended));
    expect(await platform.job(1)).toMatchObject({ outcome: 'completed', runner: machine });
  });

  it('is not ended for the want of a registration, which GitHub removes after a job as well', async () => {
    const { platform, machine, allow } = await givenListening();
    platform.github.registrations.clear();
    allow();
    await platform.reconcile();
    expect(platform.liveMachines()).toEqual([machine]);
  });

  it('is told from one with a gate by what it said as its runner started', async () => {
    const { platform, allow } = await givenListening();
    allow();
    await platform.accept(queued(2));
    const second = platform.liveMachines()[1]!;
    await platform.claim(second);
    await platform.confirm(second, undefined, true);
    await platform.reconcile();
    const left = [...platform.github.registrations.values()];
    expect(left.map(({ name }) => name)).toEqual([`${second}-gated`]);
  });
});
