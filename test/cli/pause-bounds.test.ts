/** How long a command pauses between two looks: literally, so that a longer pause fails. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HostLock, takeHostLock } from '../../lib/adapters/host-files/host-lock.ts';
import { verifyDeployed } from '../../lib/cli/deployments/deploy-and-verify.ts';
import { drain } from '../../lib/cli/drain.ts';
import { hostLogs } from '../../lib/cli/host/host-logs.ts';
import { hostRollback } from '../../lib/cli/host/host-rollback.ts';
import { hostStart } from '../../lib/cli/host/host-start.ts';
import { hostStop } from '../../lib/cli/host/host-stop.ts';
import { hostSwitch } from '../../lib/cli/host/host-switch.ts';
import type { Host } from '../../lib/cli/host/open-host.ts';
import { waitForRunners } from '../../lib/cli/host/supervision.ts';
import { lookAtMachine } from '../../lib/cli/verify-machine.ts';
import { watch } from '../../lib/cli/watch.ts';
import config from '../../mayfly.config.ts';
import { pausesOf } from '../support/pauses.ts';
import { recordingIo, run, startScriptedAws } from './support.ts';

it('drain checks every three seconds', async () => {
  const machine = '<item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item>';
  const aws = await startScriptedAws(({ action }) =>
    action === 'DescribeInstances'
      ? {
          xml: `<DescribeInstancesResponse><reservationSet>${machine}</reservationSet></DescribeInstancesResponse>`,
        }
      : action === 'TerminateInstances'
        ? { xml: '<TerminateInstancesResponse/>' }
        : { json: {} },
  );
  expect(await pausesOf(() => run(drain, ['--yes'], aws.url), 3)).toEqual([3_000, 3_000, 3_000]);
  await aws.close();
});

it('rollback checks every two seconds whether the functions run with the configuration', async () => {
  const call = { options: { wait: '300' } } as unknown as Parameters<typeof verifyDeployed>[0];
  const wanted = { configuration: {} } as Parameters<typeof verifyDeployed>[1]['wanted'];
  const deployed = { wanted, readVersions: async () => [], say: () => undefined };
  expect(await pausesOf(() => verifyDeployed(call, deployed), 2)).toEqual([2_000, 2_000]);
});

it('verify checks its machine every second, and more often at first', async () => {
  const client = new EC2Client({ region: 'us-east-1' });
  client.send = async () => ({});
  const pauses = await pausesOf(() => lookAtMachine(client, 'i-1', config), 6);
  expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

it('--watch redraws every five seconds', async () => {
  const draw = async () => ({ text: '', status: 0 });
  const watching = { io: recordingIo().io, draw, isTerminal: false };
  expect(await pausesOf(() => watch(watching), 2)).toEqual([5_000, 5_000]);
});

describe('of a single host', () => {
  let folder: string;
  let lock: HostLock | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-pauses-'));
    lock = await takeHostLock(folder);
    writeFileSync(join(folder, 'host.env'), 'GITHUB_REPOSITORY=acme/app\n');
  });
  afterEach(async () => {
    await lock?.release();
    rmSync(folder, { recursive: true });
  });
  const callWith = (options: Record<string, unknown>) => ({
    ...{ options: { folder, ...options }, positionals: [], config, environment: {} },
    io: recordingIo().io,
  });

  it('logs --follow checks twice a second', async () => {
    expect(await pausesOf(() => hostLogs.run(callWith({ follow: true }) as never), 2)).toEqual([500, 500]);
  });

  it('stop checks twice a second whether the supervisor has ended', async () => {
    expect(await pausesOf(() => hostStop.run(callWith({}) as never), 2)).toEqual([500, 500]);
  });

  it('start, switch and rollback check twice a second whether a runner is online, for ninety seconds', async () => {
    const state = { report: async () => undefined, hostId: async () => 'a1b2c3' };
    const host = { folder, state, githubFor: () => ({}) } as unknown as Host;
    const waits = () => waitForRunners(host, {} as never, { seconds: 90, change: 1 });
    expect(await pausesOf(waits, 2)).toEqual([500, 500]);
    const defaults = [hostStart, hostSwitch, hostRollback].map(
      ({ options = [] }) => options.find(({ flags }) => flags === '--wait <seconds>')?.default,
    );
    expect(defaults).toEqual(['90', '90', '90']);
  });
});
