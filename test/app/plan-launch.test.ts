/** What a launch says of its tenant: on its machines, in its row, and in the ticket by which they claim. */
import { expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { acme, givenEvent, givenTenant } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

async function launched(over: Partial<Tenant>) {
  const platform = await givenPlatform({ tenants: [givenTenant(over)] });
  const expiresIn: number[] = [];
  const { issue } = platform.tickets;
  platform.tickets.issue = (claims) => {
    expiresIn.push(claims.expiresAt - platform.clock.now());
    return issue(claims);
  };
  platform.github.putGroup(acme, {
    id: 9,
    name: 'builds',
    visibility: 'all',
    allowsPublicRepositories: false,
  });
  await platform.accept(givenEvent({ jobId: JobId(1) }));
  // A group that is not known yet is looked up first.
  await platform.deliverInstallations();
  await platform.deliverPokes();
  const [launch] = platform.stores.world.rows.launches.values();
  const [machine] = platform.compute.machines.values();
  return { platform, launch, group: machine?.tags.get(tagKeys.group), expiresIn };
}

it.each<[string, Partial<Tenant>, string | undefined]>([
  ['the group of its own', { runnerGroup: 'builds' }, 'builds'],
  ['the group that each organization has', {}, 'Default'],
  ['no group where its runners belong to repositories', { runnerLevel: 'repository' }, undefined],
])('names %s', async (_, over, named) => {
  const { launch, group } = await launched(over);
  expect(group).toBe(named);
  const level = over.runnerLevel ?? 'organization';
  expect(launch?.account).toEqual({ login: 'acme', type: 'Organization', level });
});

it('lets a machine claim for as long as it may boot, and a minute more', async () => {
  const { platform, expiresIn } = await launched({});
  expect(expiresIn).toEqual([(platform.deployment.limits.bootSeconds + 60) * 1000]);
});
