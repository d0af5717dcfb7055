/** Where and how a machine's runner is registered, and how long a refused one keeps trying. */
import { describe, expect, it } from '@jest/globals';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { groupNote, type KnownGroup } from '../../lib/app/common/runner-groups.ts';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import { InstanceId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import { acme, acmeAccount, givenEvent, givenTenant, medium, noon, permissions } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const refusalPatienceSeconds = 60;

const builds = { id: 9, name: 'builds', visibility: 'all', allowsPublicRepositories: false } as const;
const notFound: GitHubRefusal = { kind: 'not-found', message: 'Not Found' };
const limited: GitHubRefusal = { kind: 'limited', retryAfterSeconds: 17 };
const forbidden: GitHubRefusal = { kind: 'forbidden', message: 'No.' };

/** A machine of a tenant whose runners join a group of its own, which GitHub has not let the App read so far. */
async function givenGrouped() {
  const platform = await givenPlatform({ tenants: [givenTenant({ runnerGroup: 'builds' })] });
  platform.github.putGroup(acme, builds);
  await platform.accept(givenEvent({ repositoryId: platform.github.repositoryId('acme/app') }));
  await platform.deliverInstallations();
  await platform.deliverPokes();
  const unreadable: KnownGroup = {
    ...{ name: 'builds', lookedAt: noon, refusedSince: noon - 600_000, standing: { kind: 'unreadable' } },
  };
  await platform.notes.write(groupNote(acme), { value: { ...unreadable }, expiresAt: noon + 3_600_000 });
  return { platform, machine: platform.liveMachines()[0]! };
}

const groupsAsked = (platform: Platform) => {
  const { createJitConfig } = platform.github;
  const asked: number[] = [];
  platform.github.createJitConfig = (request) => {
    asked.push(request.runnerGroupId);
    return createJitConfig(request);
  };
  return asked;
};

describe('a runner', () => {
  it("has the labels of its own machine's tier", async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent({ tier: medium }));
    await platform.claim(platform.liveMachines()[0]!);
    const [registration] = [...platform.github.registrations.values()];
    expect(registration).toMatchObject({ labels: ['self-hosted', 'linux', 'x64', 'medium'] });
  });

  it('has the labels of its job if the tier was removed meanwhile', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent({ labels: ['self-hosted', 'small'] }));
    Object.assign(platform.deployment, { tiers: [] });
    expect(await platform.claim(platform.liveMachines()[0]!)).toMatchObject({ action: 'run' });
    const [registration] = [...platform.github.registrations.values()];
    expect(registration).toMatchObject({ labels: ['self-hosted', 'small'] });
  });

  it('joins the group of its tenant even if its id is not known yet', async () => {
    const { platform, machine } = await givenGrouped();
    const asked = groupsAsked(platform);
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect(asked).toEqual([9]);
  });

  it('joins the group that was created anew under the name', async () => {
    const { platform, machine } = await givenGrouped();
    await platform.claim(machine);
    const anew = { ...builds, id: 10 };
    platform.github.putGroup(acme, anew);
    platform.github.getRunnerGroup = async () => ({ ok: true, value: anew });
    platform.github.failNext('createJitConfig', { refusal: notFound });
    const asked = groupsAsked(platform);
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
    expect(asked.at(-1)).toBe(10);
  });

  it('leaves its job waiting if its group is gone when it registers under the current name of its organization', async () => {
    const { platform, machine } = await givenGrouped();
    platform.github.renameAccount(acme, 'acme-inc');
    platform.github.failNext('createJitConfig', { refusal: notFound });
    platform.github.getRunnerGroup = async (_id, organization) => ({
      ok: true,
      value: organization === 'acme' ? builds : undefined,
    });
    expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'group-missing' } });
  });

  it.each<[string, GitHubRefusal, object, string]>([
    ['waits while GitHub takes no calls', limited, { action: 'again', seconds: 17 }, 'covered'],
    ['tries again while GitHub refuses to describe its group', forbidden, { action: 'again' }, 'covered'],
    ['stands down where GitHub finds no groups', notFound, { action: 'stand-down' }, 'waiting'],
  ])('%s', async (_what, refusal, answer, state) => {
    const { platform, machine } = await givenGrouped();
    platform.github.failNext('getRunnerGroup', { refusal });
    expect(await platform.claim(machine)).toMatchObject(answer);
    expect(await platform.job(1)).toMatchObject({ state });
  });
});

describe('a machine that GitHub refuses a runner', () => {
  it.each([
    ['tries again', refusalPatienceSeconds - 1, 'again'],
    ['gives up', refusalPatienceSeconds, 'stand-down'],
  ])('%s %i seconds after its first claim', async (_what, seconds, action) => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.clock.advance(30_000);
    const [machine] = platform.liveMachines();
    platform.github.failNext('createJitConfig', { refusal: forbidden }, { refusal: forbidden });
    await platform.claim(machine!);
    platform.clock.advance(seconds * 1000);
    expect(await platform.claim(machine!)).toMatchObject({ action });
  });

  it('is tried again by its tenant when GitHub takes calls again', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    platform.github.failNext('createJitConfig', { refusal: { kind: 'limited', retryAfterSeconds: 3000 } });
    await platform.claim(platform.liveMachines()[0]!);
    const { attention } = platform.stores.world.tenant(acme)!;
    expect(attention).toMatchObject({ probeAt: platform.clock.now() + 3_000_000 });
    expect(attention?.text).toContain(new Date(platform.clock.now() + 3_000_000).toISOString());
  });

  const fewer = { ...permissions, organization_self_hosted_runners: 'read' };
  it.each([
    ['two minutes where its permissions suffice', permissions, 'auto', 120],
    ['ten minutes while it lacks the permission of its only level', fewer, 'organization', 600],
    ['a minute where other permissions lead its runners to repositories', fewer, 'auto', 60],
  ] as const)('is tried again by its tenant after %s', async (_when, given, runnerLevel, seconds) => {
    const platform = await givenPlatform({ tenants: [givenTenant({ runnerLevel })] });
    await platform.accept(givenEvent());
    platform.github.putInstallation(acme, { ...acmeAccount, permissions: given });
    platform.github.failNext('createJitConfig', { refusal: forbidden }, { refusal: forbidden });
    const [machine] = platform.liveMachines();
    await platform.claim(machine!);
    platform.clock.advance(refusalPatienceSeconds * 1000);
    await platform.claim(machine!);
    const { attention } = platform.stores.world.tenant(acme)!;
    expect(attention).toMatchObject({ probeAt: platform.clock.now() + seconds * 1000 });
  });
});

describe('a confirmation', () => {
  it('without valid credentials is refused, with the reason', async () => {
    const platform = await givenPlatform();
    expect(await platform.confirm(InstanceId('x-1'))).toBe(false);
    expect(platform.telemetry.events.at(-1)).toMatchObject({
      name: 'confirm-refused',
      fields: { reason: 'ticket-malformed' },
    });
  });

  it('says since when the machine runs', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    await platform.claim(machine!);
    platform.clock.advance(40_000);
    await platform.confirm(machine!);
    const runningAt = platform.clock.now() - 22_000 - 7_000 - 900;
    expect(platform.stores.world.runner(machine!)).toMatchObject({ runningAt });
  });

  it('that names neither a gate nor times is one without them', async () => {
    const platform = await givenPlatform();
    await platform.accept(givenEvent());
    const [machine] = platform.liveMachines();
    await platform.claim(machine!);
    const ticket = platform.compute.machines.get(machine!)!.tags.get(tagKeys.ticket)!;
    const given = { ticket, document: machine!, signature: 'signed', nonce: '0'.repeat(32) };
    expect(await confirmClaim(platform, given)).toBe(true);
    const runner = platform.stores.world.runner(machine!);
    expect([runner?.state, runner?.gated, runner?.runningAt]).toEqual(['listening', undefined, undefined]);
  });
});
