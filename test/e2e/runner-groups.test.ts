/**
 * A runner group decides which jobs get a machine, on the whole platform: no machine is bought for a public repository that the
 * group excludes, and one starts as soon as a group admits it. No call is denied on the way.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { tagKeys } from '../../lib/core/tags.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

let world: World;
let acme: Account;
beforeAll(async () => {
  world = await startWorld();
  acme = await world.install('acme');
});
afterAll(() => world?.close());

it('buys no machine for a public repository that the group excludes, and passes it by for a private one', async () => {
  world.laptop.github.setPublic('acme/app', true);
  const open = world.queue(acme, tierLabels('small'));
  await world.untilJob(acme, open, { state: 'waiting', reason: 'public-repository' });
  world.laptop.github.addRepositories(acme.installationId, ['secret']);
  const job = { repository: 'acme/secret', labels: tierLabels('small'), milliseconds: 100 };
  await world.untilCompleted([world.laptop.github.queueJob(job).jobId]);
  await world.untilJob(acme, open, { state: 'waiting', reason: 'public-repository' });
  await world.untilIdle();
  expect(world.laptop.ec2.instances()).toHaveLength(1);

  // The operator names a group that admits it; the machine joins that one.
  world.laptop.github.setGroup('acme', { name: 'Open', allowsPublicRepositories: true });
  await world.operator.edit('tenants', { installation_id: acme.installationId }, { runner_group: 'open' });
  await world.sweep();
  await world.untilCompleted([open]);
  await world.untilRest();
  expect(world.laptop.ec2.instances().map(({ tags }) => tags.get(tagKeys.group))).toEqual([
    'Default',
    'open',
  ]);
  expect(world.trouble()).toEqual([]);
});
