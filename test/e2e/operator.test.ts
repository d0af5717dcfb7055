/**
 * What the operator does with AWS keys and nothing else: the commands of docs/OPERATIONS.md, as SDK calls and, in
 * `npm run conformance -- --only aws-cli`, word for word by the AWS CLI. An edit of a tenant's row counts at the next job.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommand } from '../../lib/cli/run-command.ts';
import config from '../../mayfly.config.ts';
import { commands } from '../cli/commands.ts';
import { recordingIo } from '../cli/support.ts';
import { cliCommands, sdkCommands } from './support/operator-commands.ts';
import { type Account, endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

const ways = [
  { name: 'the SDK', login: 'acme', commandsOf: sdkCommands },
  ...(process.env['MAYFLY_TEST_AWS_CLI']
    ? [{ name: 'the AWS CLI', login: 'globex', commandsOf: cliCommands }]
    : []),
];

describe('the operator', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ config: { ...config, onboarding: 'approve' } });
  });
  afterAll(() => world?.close());

  /** As npx mayfly, against this laptop. */
  async function mayfly(...args: string[]) {
    const { io, printed } = recordingIo();
    const { endpointUrl, operatorCredentials: keys } = world.laptop;
    const environment = {
      AWS_ENDPOINT_URL: endpointUrl,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    };
    const status = await runCommand(commands, args, { config, io, environment });
    return { status, ...printed() };
  }

  const approve = ({ installationId }: Account) =>
    world.operator.edit('tenants', { installation_id: installationId }, { status: 'active' });

  it('approves a tenant by its status, and the next sweep starts its waiting jobs', async () => {
    const initech = await world.install('initech');
    expect(await world.tenant(initech)).toMatchObject({ status: 'pending' });
    const jobId = world.queue(initech, tierLabels('small'));
    await world.untilJob(initech, jobId, { state: 'waiting', reason: 'tenant-pending' });

    await approve(initech);
    await world.sweep();

    await world.untilCompleted([jobId]);
    await world.untilRest();
  });

  it('tests a tenant with a real job, which shows its machine and that nothing is wrong', async () => {
    const hooli = await world.install('hooli');
    await approve(hooli);
    const workflow = {
      name: 'mayfly-test',
      dispatchable: true,
      labels: tierLabels('small'),
      milliseconds: 100,
    };
    world.laptop.github.setWorkflow('hooli/app', workflow);

    const tested = await mayfly('tenant', 'test', 'hooli', '--run', '--wait', '240', '--json');

    const took = (JSON.parse(tested.out) as { check: string }[]).find(
      ({ check }) => check === 'hooli/app run',
    );
    expect(took).toMatchObject({
      verdict: 'PASS',
      found: expect.stringMatching(/^i-\w+ .* took job \d+: .*; success$/),
    });
    const [, jobId = ''] = /job (\d+)/.exec(JSON.stringify(took)) ?? [];
    await world.untilRest();
    expect(await mayfly('explain', jobId, '--github')).toMatchObject({
      status: 0,
      out: expect.stringContaining('completed: It succeeded on i-'),
    });
    expect(await mayfly('tenant', 'validate', 'hooli')).toMatchObject({ status: 0 });
    expect(await mayfly('status', '--tenant', 'hooli')).toMatchObject({
      status: 0,
      out: expect.stringMatching(new RegExp(`${jobId} +hooli/app +success`)),
    });
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
      const queue = () => world.queue(account, tierLabels('small'), endlessMilliseconds);
      const jobIds = [queue(), queue()];
      await world.untilRunning(jobIds);
      jobIds.push(queue(), queue());
      for (const jobId of jobIds.slice(2))
        await world.untilJob(account, jobId, { state: 'waiting', reason: 'tenant-limit' });
      expect(await commands.liveMachines(installationId)).toHaveLength(2);

      await commands.upgrade(installationId, { tier: 'medium', maxRunners: 5 });
      jobIds.push(queue());

      await world.untilRunning(jobIds);
      await world.untilQuiet();
      expect(machinesOf(world, installationId)).toHaveLength(5);
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
