/** What a machine consists of: its processes, its folder, its metadata service, and how all of it ends. */
import { readdirSync, readFileSync } from 'node:fs';
import { CreateFleetCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LaunchTemplateData } from '../../../lib/local/ec2/account.ts';
import type { Ec2Options } from '../../../lib/local/ec2/ec2.ts';
import { lookAt } from '../../../lib/local/guard/processes.ts';
import { nonEmpty } from '../../support/non-empty.ts';
import { eventually, givenEc2, givenFleet, givenTemplateData } from './given.ts';

let world: Awaited<ReturnType<typeof givenEc2>> | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

async function givenMachine(
  script: string,
  options: Partial<Ec2Options> & { dials?: object; data?: LaunchTemplateData } = {},
) {
  const { dials, data, ...rest } = options;
  const template = { ...givenTemplateData(`#!/usr/bin/env bash\n${script}\n`), ...data };
  world = await givenEc2({ ...rest, data: template });
  world.ec2.setDials(dials ?? {});
  const { Instances } = await world.client.send(new CreateFleetCommand(givenFleet()));
  const [machine] = world.ec2.instances();
  if (!machine || !Instances) throw new Error('No machine was launched.');
  return { ...world, machine };
}

const printed = (machine: { console: string }, text: string | RegExp) =>
  eventually(
    () => machine.console,
    (console) => console.search(text) >= 0,
  );

/** The processes whose folder is the machine's, as the host sees them; a zombie has none. */
const processesIn = (folder: string) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });

const familyOfProcesses =
  'set -m\n(sleep 60; true) &\nset +m\n(trap "" TERM INT HUP; sleep 60) &\necho ready\nwait';

describe('processes', () => {
  it('are all gone once the machine is terminated', async () => {
    const { machine, client, workDirectory } = await givenMachine(familyOfProcesses);
    await printed(machine, 'ready');
    await eventually(
      () => processesIn(workDirectory),
      (running) => running.length >= 4,
    );

    await client.send(new TerminateInstancesCommand({ InstanceIds: [machine.instanceId] }));

    await eventually(
      () => processesIn(workDirectory),
      (left) => left.length === 0,
    );
  });

  it('are all gone even if the script that started them had ended', async () => {
    const { machine, client, workDirectory } = await givenMachine('sleep 60 &\necho $$ is over');
    await printed(machine, 'is over');
    const script = Number.parseInt(machine.console, 10);
    await eventually(
      () => lookAt(script),
      (found) => found === undefined,
    );
    expect(processesIn(workDirectory)).toHaveLength(1);

    await client.send(new TerminateInstancesCommand({ InstanceIds: [machine.instanceId] }));

    await eventually(
      () => processesIn(workDirectory),
      (left) => left.length === 0,
    );
  });

  it('are all gone after close, and so is the folder', async () => {
    const { machine, ec2, workDirectory } = await givenMachine(familyOfProcesses);
    await printed(machine, 'ready');

    await ec2.close();

    await eventually(
      () => processesIn(workDirectory),
      (left) => left.length === 0,
    );
    expect(readdirSync(workDirectory)).toEqual([]);
  });

  it('see only what a machine has', async () => {
    process.env['MAYFLY_TEST_SECRET'] = 'of the host';
    const { machine } = await givenMachine('env; echo done');

    await printed(machine, 'done');
    delete process.env['MAYFLY_TEST_SECRET'];

    const names = machine.console.split('\n').flatMap((line) => line.match(/^(\w+)=/)?.[1] ?? []);
    const ofBash = ['OLDPWD', 'PWD', 'SHLVL', '_'];
    expect(names.filter((name) => !ofBash.includes(name)).sort()).toEqual([
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
      'GATE_FOLDER',
      'GATE_SECONDS',
      'HOME',
      'LANG',
      'PATH',
      'RUNNER_HOME',
      'UPTIME_FILE',
    ]);
  });

  it('find no tool that could touch the host', async () => {
    const tools = 'poweroff shutdown systemctl runuser useradd chown iptables sudo install apt-get ldconfig';
    const script = `for tool in ${tools}; do command -v $tool; done; command -v mount reboot dd; echo done`;
    const { machine, workDirectory } = await givenMachine(script);

    await printed(machine, 'done');

    const found = machine.console.split('\n').filter((line) => line.startsWith('/'));
    expect(found).toHaveLength(tools.split(' ').length);
    expect(nonEmpty(found).every((file) => file.startsWith(workDirectory))).toBe(true);
  });
});

describe('the end of a script', () => {
  it('leaves the machine running if it did not power off', async () => {
    const { machine, workDirectory } = await givenMachine('echo bye');

    await printed(machine, 'bye');
    await eventually(
      () => processesIn(workDirectory),
      (running) => running.length === 0,
    );

    expect(machine.state).toBe('running');
  });

  it('does not come immediately with a scheduled shutdown', async () => {
    const { machine, workDirectory } = await givenMachine('shutdown --no-wall -P +60; echo bye');

    await printed(machine, 'bye');
    // The waiting one, and its sleep.
    await eventually(
      () => processesIn(workDirectory),
      (running) => running.length === 2,
    );

    expect(machine.state).toBe('running');
  });

  it('does not come with a shutdown that was cancelled', async () => {
    const script = 'shutdown -P +60; shutdown -P +50; shutdown -c; echo bye';
    const { machine, workDirectory } = await givenMachine(script);

    await printed(machine, 'bye');
    await eventually(
      () => processesIn(workDirectory),
      (running) => running.length === 0,
    );

    expect(machine.state).toBe('running');
  });

  it('stops the machine if its template says so', async () => {
    const data = { InstanceInitiatedShutdownBehavior: 'stop' as const };
    const { machine } = await givenMachine('poweroff; sleep 60', { data });

    await eventually(
      () => machine.state,
      (state) => state === 'stopped',
    );
  });

  it('never comes for a machine that does not boot', async () => {
    const { machine, client, ec2 } = await givenMachine('echo booted', {
      dials: { neverBoot: { probability: 1, count: 1 } },
    });
    await client.send(new CreateFleetCommand(givenFleet()));

    await printed(ec2.instances()[1] as typeof machine, 'booted');

    expect(machine).toMatchObject({ state: 'running', console: '' });
  });
});

describe('the metadata service', () => {
  const get =
    'get() { curl -s -o /dev/null -w "%{http_code} " "$@"; }\nbase=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest';
  const token =
    'token=$(curl -s -X PUT -H "x-aws-ec2-metadata-token-ttl-seconds: 60" $base/api/token)\nwith="x-aws-ec2-metadata-token: $token"';

  it('requires a token, and returns the machine’s own data', async () => {
    const { machine } = await givenMachine(
      `${get}\n${token}\nget $base/meta-data/instance-id\nget -H "x-aws-ec2-metadata-token: x" $base/meta-data/instance-id\n` +
        'curl -s -H "$with" $base/meta-data/instance-id\nget -H "$with" $base/meta-data/no-such\necho done',
    );

    await printed(machine, 'done');

    expect(machine.console).toBe(`401 401 ${machine.instanceId}404 done\n`);
  });

  it('hides tags unless the template shows them', async () => {
    const { machine } = await givenMachine(
      `${get}\n${token}\nget -H "$with" $base/meta-data/tags/instance/ghr:launch_ticket\necho done`,
      { data: { MetadataOptions: { HttpTokens: 'required' } } },
    );

    await printed(machine, 'done');

    expect(machine.console).toBe('404 done\n');
  });
});

it('keeps the last 64 KB of what a machine prints', async () => {
  const { machine } = await givenMachine('printf "%0100000d" 7; printf "the end\\n"');

  await printed(machine, 'the end');

  expect(machine.console).toHaveLength(64 * 1024);
});
