/**
 * The commands of docs/SINGLE-HOST.md, run as they stand there, with the real supervisor and the real entrypoint as processes.
 * In between, the supervisor is killed under a running job.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runArguments } from '../../lib/adapters/container-engine/cli-engine.ts';
import { readSettings } from '../../lib/host/env-file.ts';
import { settingDefaults } from '../../lib/host/setting-defaults.ts';
import { type HostMachine, startHostMachine } from '../host/start-host.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { markedBlocks, markedRows, read } from './markdown.ts';

const page = 'docs/SINGLE-HOST.md';
const labels = ['self-hosted', 'linux', 'x64'];

async function until<Value>(look: () => Value | undefined | false): Promise<Value> {
  for (;;) {
    const found = look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('docs/SINGLE-HOST.md', () => {
  let machine: HostMachine;
  beforeAll(async () => {
    machine = await startHostMachine();
    // Without runners, no test here could come to its end.
    const { status, out, error } = await paste('host-quick-start');
    expect({ status, error }).toMatchObject({ status: 0 });
    expect(out).toContain('ok      registration: GitHub registers runners of acme and removes them');
    expect(out).toMatch(/acme, group builders: serving, 2 wanted/);
  });
  afterAll(() => machine.stop());

  const paste = (mark: string) => machine.paste(`set -e\n${markedBlocks(page, mark)[0]}`);
  /** What it says otherwise is in the failure. */
  const well = async (line: string) => {
    const { status, error } = await machine.paste(line);
    expect({ status, error }).toMatchObject({ status: 0 });
  };
  const jobs = () => machine.github.state().jobs;
  const scopes = () => machine.github.state().runners.map(({ scope }) => scope);
  const queue = (milliseconds: number) =>
    machine.github.queueJob({ repository: 'acme/app', labels, milliseconds }).jobId;
  const runnerOf = (jobId: number) =>
    until(() => {
      const job = jobs().find(({ id }) => id === jobId);
      return job?.status === 'in_progress' && (job.runnerName ?? false);
    });
  const conclusionOf = (jobId: number) => until(() => jobs().find(({ id }) => id === jobId)?.conclusion);

  it('takes over a running job after the supervisor was killed, and gives the next one a fresh disk', async () => {
    const first = queue(5000);
    const runner = await runnerOf(first);
    machine.engine.write(runner, 'disk/left-behind', 'secret of the first job');
    process.kill(machine.supervisor(), 'SIGKILL');

    const dead = await machine.paste('npx mayfly host status');
    expect(dead).toMatchObject({ status: 1, out: expect.stringContaining('The supervisor died') });
    expect(await machine.paste('npx mayfly host start')).toMatchObject({ status: 0 });
    expect(await conclusionOf(first)).toBe('success');

    const next = await runnerOf(queue(1500));
    expect(next).not.toBe(runner);
    expect(() => machine.engine.read(next, 'disk/left-behind')).toThrow(/ENOENT/);
    const given = machine.engine.read(next, 'arguments.json');
    expect(given).toContain('"ACTIONS_RUNNER_INPUT_JITCONFIG"');
    expect(given).not.toMatch(/ghp_|docker\.sock/);
  });

  it('switches to a repository and back, and proves each', async () => {
    const before = readSettings(machine.settings());
    const [there = '', list = '', back = ''] = (markedBlocks(page, 'host-switch')[0] ?? '')
      .trim()
      .split('\n');
    await well(there);
    await until(() => scopes().length > 0 && scopes().every((scope) => scope === 'acme/app'));
    expect((await machine.paste(list)).out).toMatch(
      /^1 .* worked .*start\n2 .*switch repository acme\/app$/m,
    );
    await well(back);
    await until(() => scopes().length > 0 && scopes().every((scope) => scope === 'acme'));
    expect(readSettings(machine.settings())).toEqual(before);
  });

  it('changes nothing if the new settings would not work', async () => {
    const before = machine.settings();
    const { status, error } = await machine.paste('npx mayfly host switch organization globex');
    expect([status, error]).toEqual([1, expect.stringContaining('Nothing was changed')]);
    expect(machine.settings()).toBe(before);
  });

  it('takes up an edited RUNNER_COUNT with the next start, while it runs', async () => {
    const running = () => machine.github.state().runners.length;
    for (const count of [1, 2]) {
      await well(
        `sed -i 's/^RUNNER_COUNT=.*/RUNNER_COUNT=${count}/' .mayfly-host/host.env && npx mayfly host start`,
      );
      await until(() => running() === count);
    }
  });

  it('stops after the running job, and leaves nothing', async () => {
    const last = queue(2000);
    const runner = await runnerOf(last);
    await until(() => machine.engine.read(runner, 'log').includes('running job'));
    const followed = machine.paste(`npx mayfly host logs ${runner} --follow`);
    const { status, out } = await paste('host-day');
    expect(status).toBe(0);
    // It ends with the runner.
    expect(await followed).toMatchObject({ status: 0, out: expect.stringContaining('running job') });
    expect(out).toContain('ok      acme/web: served');
    expect(out).toContain('Stopped. No container and no registration is left.');
    expect(jobs().find(({ id }) => id === last)?.conclusion).toBe('success');
    expect([machine.engine.containers(), machine.github.state().runners]).toEqual([[], []]);
  });

  it('ends with 1 and the reason if the settings have faults', async () => {
    const { status, error } = await machine.paste(
      'npx mayfly host init --folder other --organization acme --repository acme/app',
    );
    expect([status, error]).toEqual([1, expect.stringMatching(/Both are set.*Set exactly one of them/)]);
  });
});

describe('the files of a single host', () => {
  it('explain every setting that there is, and no other', () => {
    const known = Object.keys(settingDefaults).toSorted();
    const listed = markedRows(page, 'host-settings').flatMap(([names = '']) => names.split(', '));
    expect(listed.toSorted()).toEqual(known);
    const shown = read('images/single-host/example.env').replaceAll(/^# (?=[A-Z_]+=)/gm, '');
    expect(Object.keys(readSettings(shown).settings).toSorted()).toEqual(known);
  });

  it('have defaults that the page and the example tell as they are', () => {
    for (const [name = '', , told] of nonEmpty(markedRows(page, 'host-settings'))) {
      const value = settingDefaults[name];
      if (value) expect([name, told]).toEqual([name, value]);
    }
    const { settings } = readSettings(read('images/single-host/example.env'));
    for (const [name, value] of nonEmpty(Object.entries(settings)))
      expect([name, value]).toEqual([name, settingDefaults[name]]);
  });

  it('run a job by hand with no more power than the supervisor gives one', () => {
    const compose = read('images/single-host/compose.yaml');
    const none = { name: 'a', image: 'b', labels: {}, environment: {}, limits: {} };
    const given = runArguments(none).join(' ');
    expect(given).toContain('--cap-drop ALL --security-opt no-new-privileges --pids-limit 4096');
    for (const line of ['cap_drop: [ALL]', 'security_opt: [no-new-privileges]', 'pids_limit: 4096'])
      expect(compose).toContain(line);
    expect(compose).not.toMatch(/^\s*- .*docker\.sock|privileged: true/m);
  });
});
