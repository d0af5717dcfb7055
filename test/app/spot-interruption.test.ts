/** EC2 takes a spot machine back: its lease returns on its proven end, and its job is run again at most once. */
import { describe, expect, it } from '@jest/globals';
import { budgetedGitHub } from '../../lib/app/common/budgeted-github.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import type { JobEvent } from '../../lib/contract/messages.ts';
import { type InstanceId, JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenEvent, givenTenant, givenTier, permissions } from '../support/given.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const jobId = JobId(1);
const warning = (machine: InstanceId) => ({
  'detail-type': 'EC2 Spot Instance Interruption Warning',
  detail: { 'instance-id': machine, 'instance-action': 'terminate' },
});
const ended = (machine: InstanceId, over: Partial<JobEvent> = {}) =>
  givenEvent({ action: 'completed', conclusion: 'cancelled', runnerName: machine, runAttempt: 1, ...over });

/** A job, and a spot machine that was launched for it. */
async function givenSpot(tenant: Partial<Tenant> = {}) {
  const platform = await givenPlatform({
    tenants: [givenTenant(tenant)],
    deployment: { tiers: [givenTier({ spot: true })] },
  });
  await platform.accept(givenEvent());
  return { platform, machine: platform.liveMachines()[0]! };
}

async function givenRunning(tenant: Partial<Tenant> = {}) {
  const { platform, machine } = await givenSpot(tenant);
  await platform.claim(machine);
  await platform.confirm(machine);
  await platform.follow(givenEvent({ action: 'in_progress', runnerName: machine }));
  setOver(platform, true);
  return { platform, machine };
}
const setOver = ({ github }: Platform, over: boolean) =>
  github.putJob('acme/app', jobId, {
    status: over ? 'completed' : 'in_progress',
    conclusion: over ? 'cancelled' : null,
    runnerName: null,
  });

/** Delivers what was sent to the installations queue; the answer is what failed. */
function rerun(platform: Platform) {
  const messages = platform.queues.installations.splice(0);
  const deps = { ...platform, github: budgetedGitHub(platform.github, platform) };
  return applyInstallationEvents(
    deps,
    messages.map((message, n) => ({ id: `m-${n}`, body: JSON.stringify(message) })),
  );
}

describe('a spot machine that EC2 takes back', () => {
  it('gives its job another machine immediately if it had not begun', async () => {
    const { platform, machine } = await givenSpot();
    await platform.follow(warning(machine));
    expect(platform.liveMachines()).toEqual([]);
    await platform.deliverPokes();
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
    await expectBalanced(platform);
  });

  it('keeps its lease until its end is proven', async () => {
    const { platform, machine } = await givenRunning();
    await platform.follow(warning(machine));
    expect(await platform.leases()).toBe(1);
    await platform.machineEnds(machine);
    expect(await platform.leases()).toBe(0);
  });

  it.each(['cancelled', 'failure'])('has its job re-run if it ended as %s', async (conclusion) => {
    const { platform, machine } = await givenRunning();
    await platform.follow(warning(machine));
    await platform.follow(ended(machine, { conclusion }));
    await rerun(platform);
    expect(platform.github.reruns).toEqual([jobId]);
  });
});

describe('a job is not run again', () => {
  it.each<[string, Partial<Tenant>, boolean, Partial<JobEvent>]>([
    ['that succeeded', {}, true, { conclusion: 'success' }],
    ['whose machine was not taken back', {}, false, {}],
    ['that was run again already', {}, true, { runAttempt: 2 }],
    ['of which GitHub does not say which attempt it is', {}, true, { runAttempt: 0 }],
    ['whose tenant does not allow it', { permissions: { ...permissions, actions: 'read' } }, true, {}],
    ['of whose tenant nobody knows what it allows', { permissions: {} }, true, {}],
  ])('%s', async (_title, tenant, isWarned, over) => {
    const { platform, machine } = await givenRunning(tenant);
    if (isWarned) await platform.follow(warning(machine));
    await platform.follow(ended(machine, over));
    await rerun(platform);
    expect(platform.github.reruns).toEqual([]);
  });
});

describe('running a job again', () => {
  it('happens once, however often it is requested', async () => {
    const { platform, machine } = await givenRunning();
    await platform.follow(warning(machine), warning(machine));
    await platform.follow(ended(machine));
    await platform.follow(ended(machine));
    expect(platform.queues.installations).toHaveLength(2);
    platform.queues.installations.push(...platform.queues.installations);
    await rerun(platform);
    expect(platform.github.reruns).toEqual([jobId]);
  });

  it('waits for the rest of the run, for a limited time', async () => {
    const { platform, machine } = await givenRunning();
    setOver(platform, false);
    await platform.follow(warning(machine));
    await platform.follow(ended(machine));
    await rerun(platform);
    expect(platform.queues.installations).toHaveLength(1);
    setOver(platform, true);
    await rerun(platform);
    expect(platform.github.reruns).toEqual([jobId]);
  });

  it('is given up when the run goes on for too long', async () => {
    const { platform, machine } = await givenRunning();
    setOver(platform, false);
    await platform.follow(warning(machine));
    await platform.follow(ended(machine));
    platform.clock.advance(21_600_000);
    await rerun(platform);
    expect(platform.queues.installations).toEqual([]);
    expect(platform.telemetry.events.map(({ name }) => name)).toContain('rerun-refused');
  });

  it('is not tried a second time if the answer was lost', async () => {
    const { platform, machine } = await givenRunning();
    await platform.follow(warning(machine));
    await platform.follow(ended(machine));
    const [message] = platform.queues.installations;
    const error = new OperationalError('No answer.', { code: 'github-unreachable', retryable: true });
    platform.github.failNext('rerunJob', { error, after: true });
    expect(await rerun(platform)).toEqual(['m-0']);
    platform.queues.installations.push(message!);
    expect(await rerun(platform)).toEqual([]);
    expect(platform.github.reruns).toEqual([jobId]);
  });
});
