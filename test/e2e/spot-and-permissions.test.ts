/**
 * What GitHub and AWS do to a tenant under its running jobs, on the whole platform: a spot machine is taken back, and a
 * permission is taken away and given again. No call is denied on the way.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { tagKeys } from '../../lib/core/tags.ts';
import defaultConfig from '../../mayfly.config.ts';
import { until } from './support/until.ts';
import { type Account, endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

const { small, ...others } = defaultConfig.tiers;
const all = { actions: 'write', administration: 'write', metadata: 'read' } as const;

let world: World;
let acme: Account;
beforeAll(async () => {
  const tiers = { ...others, small: { ...small!, spot: true } };
  world = await startWorld({ config: { ...defaultConfig, tiers } });
  acme = await world.install('acme');
});
afterAll(() => world?.close());

it('runs a job again once when EC2 takes its spot machine back', async () => {
  const jobId = world.queue(acme, tierLabels('small'), endlessMilliseconds);
  await world.untilRunning([jobId]);
  const machine = world.laptop.ec2.instances().at(-1)!;
  world.laptop.ec2.warnSpot(machine.instanceId);
  await world.untilCompleted([jobId]);
  const again = () => world.laptop.github.state().jobs.filter(({ id }) => id !== jobId);
  await until('the job is queued once more', () => again().length === 1, { seen: again });
  const [rerun] = again();
  await world.untilRunning([rerun!.id]);
  world.laptop.github.cancelJob(rerun!.id);
  await world.untilRest();
  expect(again()).toHaveLength(1);
  expect(world.trouble()).toEqual([]);
});

it('holds the jobs of a tenant that revokes a permission, and starts them when it is granted again', async () => {
  // A tenant of its own: for the other one a token with the permission is still about.
  const globex = await world.install('globex');
  const machines = world.laptop.ec2.instances().length;
  await letDo(globex, { actions: 'write', metadata: 'read' });
  const jobId = world.queue(globex, tierLabels('small'));
  await world.untilJob(globex, jobId, { state: 'waiting', reason: 'permission-missing' });
  await world.untilIdle();
  expect(world.laptop.ec2.instances()).toHaveLength(machines);
  await letDo(globex, { ...all, organization_self_hosted_runners: 'write' });
  await world.untilCompleted([jobId]);
  await world.untilRest();
  expect(await world.tenant(globex)).not.toHaveProperty('attention');
  expect(world.trouble()).toEqual([]);
});

it('registers with the repository while it has no other permission, and with the organization once it has', async () => {
  const initech = await world.install('initech');
  const levels = () =>
    world.laptop.ec2
      .instances()
      .filter(({ tags }) => tags.get(tagKeys.tenant) === String(initech.installationId))
      .map(({ tags }) => tags.get(tagKeys.level));
  await letDo(initech, all);
  await world.untilCompleted([world.queue(initech, tierLabels('small'))]);
  await letDo(initech, { ...all, organization_self_hosted_runners: 'write' });
  await world.untilCompleted([world.queue(initech, tierLabels('small'))]);
  await world.untilRest();
  expect(levels()).toEqual(['repository', 'organization']);
  expect(world.trouble()).toEqual([]);
});

/** As an owner accepts it, and until the tenant's row has it. */
async function letDo(account: Account, permissions: Record<string, 'read' | 'write'>): Promise<void> {
  world.laptop.github.acceptPermissions(account.installationId, permissions);
  const known = async () => (await world.tenant(account))?.['permissions'];
  await until('the row has the permissions', async () => isDeepStrictEqual(await known(), permissions), {
    seen: async () => [JSON.stringify(await known())],
  });
}
