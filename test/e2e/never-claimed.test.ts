/**
 * Machines that never ask for a job: what they printed is kept with their row, whoever ends them, and `mayfly logs` shows
 * it when EC2 no longer does.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { machineLogs } from '../../lib/cli/machine-logs.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { recordingIo } from '../cli/support.ts';
import { configWith, defaultConfig, tierWith } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import type { PlainRow } from './support/operator.ts';
import { letDeadlinePass } from './support/overdue.ts';
import { until } from './support/until.ts';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

const config = configWith({
  tiers: {
    small: tierWith({ extraUserData: 'echo "the mirror is down"\nexit 3' }),
    medium: { ...defaultConfig.tiers['medium'], extraUserData: 'echo "waiting for the mirror"\nsleep 600' },
  },
});

describe('a machine that never claims', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    world = await startWorld({ config });
    acme = await world.install('acme');
  });
  afterAll(() => world?.close());

  const rowsOf = async (tier: string) =>
    (await world.operator.rows('runners')).filter((row) => row['tier'] === tier);

  async function logs(instanceId: unknown) {
    const { io, printed } = recordingIo();
    const { accessKeyId, secretAccessKey } = world.laptop.endpoint.operatorCredentials;
    const environment = {
      AWS_ENDPOINT_URL: world.laptop.endpoint.url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    await runCommand([machineLogs], ['logs', String(instanceId)], { config, io, environment });
    return printed().out;
  }

  it('and powers off by itself has its console saved, which EC2 still shows afterwards', async () => {
    const jobId = world.queue(acme, tierLabels('small'));
    await world.untilJob(acme, jobId, { state: 'waiting', reason: 'runners-lost' });
    await world.untilQuiet();

    const rows = await rowsOf('small');
    expect(rows.length).toBeGreaterThan(1);
    const failed = expect.stringMatching(
      /mayfly \S+ boot [\s\S]*the mirror is down\nmayfly \S+ extra-user-data it failed with 3\n/,
    );
    for (const row of nonEmpty(rows))
      expect(row).toMatchObject({ end_reason: 'instance-ended', console: failed });
    expect(world.logged('runner-ended')).toContainEqual(expect.objectContaining({ console: failed }));

    world.laptop.ec2.setDials({ terminatedVisibleMilliseconds: 0 });
    await until('EC2 has forgotten the machine', async () =>
      (await logs(rows[0]!['instance_id'])).includes('AWS has deleted the console of'),
    );
    expect(await logs(rows[0]!['instance_id'])).toMatch(/\(instance-ended\)[\s\S]*it failed with 3/);
  });

  it('and hangs is ended by the sweep, which saves its console first', async () => {
    world.queue(acme, tierLabels('medium'));
    let row: PlainRow = {};
    await until('a machine hangs', async () => {
      [row = {}] = await rowsOf('medium');
      const machine = world.laptop.ec2.instances().find((one) => one.instanceId === row['instance_id']);
      return machine?.console.includes('waiting for the mirror') === true;
    });
    const instanceId = String(row['instance_id']);
    await letDeadlinePass(world, instanceId);

    await world.sweep();

    const [kept] = (await rowsOf('medium')).filter((one) => one['instance_id'] === instanceId);
    expect(kept).toMatchObject({
      state: 'ended',
      end_reason: 'boot-deadline',
      console: expect.stringContaining('\nwaiting for the mirror'),
    });
    expect(world.trouble()).toEqual([]);
  });
});
