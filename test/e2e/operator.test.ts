/**
 * What the operator does with AWS keys and nothing else: the commands of docs/OPERATIONS.md, as SDK calls and, where the AWS CLI
 * is installed, word for word. An edit of a tenant's row counts at the next job.
 */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import config from '../../mayfly.config.ts';
import { cliCommands, sdkCommands } from './support/operator-commands.ts';
import { type Account, endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

const hasCli = spawnSync('aws', ['--version']).status === 0;
const ways = [
  { name: 'the SDK', login: 'acme', commandsOf: sdkCommands },
  ...(hasCli ? [{ name: 'the AWS CLI', login: 'globex', commandsOf: cliCommands }] : []),
];

describe('the operator', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ config: { ...config, onboarding: 'approve' } });
  });
  afterAll(() => world?.close());

  const approve = ({ installationId }: Account) =>
    world.operator.edit('tenants', { installation_id: installationId }, { status: 'active' });

  it('approves a tenant by its status, and the next sweep starts what waited for that', async () => {
    const initech = await world.install('initech');
    expect(await world.tenant(initech)).toMatchObject({ status: 'pending' });
    const jobId = world.queue(initech, tierLabels('small'));
    await world.untilJob(initech, jobId, { state: 'waiting', reason: 'tenant-pending' });

    await approve(initech);
    await world.sweep();

    await world.untilCompleted([jobId]);
    await world.untilRest();
  });

  it.each(ways)(
    'reads tenants, machines and queues with $name, and an upgrade counts at the next job',
    async ({ login, commandsOf }) => {
      const commands = commandsOf(world);
      const account = await world.install(login);
      const { installationId } = account;
      expect(await commands.activeTenants()).not.toContain(installationId);
      await approve(account);
      expect(await commands.activeTenants()).toContain(installationId);
      expect(await commands.maxRunners(installationId)).toBe(2);
      const queue = () => world.queue(account, tierLabels('medium'), endlessMilliseconds);
      const jobIds = [queue(), queue()];
      await world.untilRunning(jobIds);
      jobIds.push(queue());
      await world.untilJob(account, jobIds[2] ?? 0, { state: 'waiting', reason: 'tenant-limit' });
      expect(await commands.liveMachines(installationId)).toHaveLength(2);

      await commands.upgrade(installationId, { tier: 'medium', maxRunners: 5 });
      jobIds.push(queue());

      await world.untilRunning(jobIds);
      await world.untilQuiet();
      expect(machinesOf(world, installationId)).toHaveLength(4);
      expect(await commands.liveMachines(installationId)).toEqual(machinesOf(world, installationId));
      expect(await commands.waitingMessages()).toBe(0);
      for (const jobId of jobIds) world.laptop.github.cancelJob(jobId);
      await world.untilRest();
      expect(world.trouble()).toEqual([]);
      commands.close();
    },
  );
});

const machinesOf = ({ laptop }: World, installationId: number) =>
  laptop.ec2
    .instances()
    .filter(
      ({ tags, state }) =>
        tags.get('ghr:tenant_id') === String(installationId) && /^(pending|running)$/.test(state),
    )
    .map(({ instanceId }) => instanceId);
