/**
 * Every script that people start: its help, its answer to a typing error, and a smoke run of those that no other test
 * starts. Nothing of it writes into the checkout.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { read, root } from '../docs/markdown.ts';
import { nonEmpty } from '../support/non-empty.ts';

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** Those that start a file of this repository; the others are tools that bring their own help. */
const own = Object.entries(scripts).flatMap(([name, line]) => {
  const [, file] = /^node ((?:bin|test)\/\S+\.ts)$/.exec(line) ?? [];
  return file === undefined ? [] : [[name, file] as const];
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

async function start(file: string, ...args: string[]): Promise<Ran> {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const env = { ...environment, NO_COLOR: '1', MAYFLY_CHROMIUM: '/nowhere/chromium' };
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  running.add(child);
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once('close', resolve).once('error', reject),
  );
  const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  running.delete(child);
  return { status, stdout, stderr };
}

/** These two mostly wait for machines and timers: all the others run meanwhile. */
let benchmark: Promise<Ran>;
let chaos: Promise<Ran>;
beforeAll(() => {
  benchmark = start('test/bench/bench.ts', '--smoke', '--json');
  chaos = start('test/chaos/chaos.ts', '--seconds', '1', '--json');
});
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** All of them at the same time: a start mostly waits for files. */
const startEach = (...args: string[]) =>
  Promise.all(nonEmpty(own).map(async ([name, file]) => ({ name, ...(await start(file, ...args)) })));

/** Every file outside of what git ignores, with the time of its last change. */
const checkout = () =>
  globSync('**/*', {
    cwd: root,
    exclude: ['node_modules', '.git', 'cdk.out', '.build', 'coverage', '.mayfly'],
  })
    .map((path) => `${path} ${statSync(join(root, path)).mtimeMs}`)
    .sort();

describe('every script', () => {
  it('is tested here', () => {
    expect(own.map(([name]) => name).sort()).toEqual([
      'accuracy',
      'bench',
      'browser',
      'caps',
      'chaos',
      'conformance',
      'demo',
      'histories',
      'iam',
      'mayfly',
      'mutation',
      'prepack',
      'scale',
      'sim',
      'sim:mutants',
      'start',
      'test',
      'test:fast',
    ]);
  });

  it.each(['--help', '-h'])('prints its help with %s, and writes nothing', async (flag) => {
    const before = checkout();
    for (const { name, status, stdout, stderr } of nonEmpty(await startEach(flag))) {
      expect([name, status, stderr]).toEqual([name, 0, '']);
      expect(stdout).toMatch(
        /^Usage: (npm (run [\w:]+|start|test) -- \[options\]|mayfly <command> \[options\])\n/,
      );
      expect(stdout).toMatch(/Exit status:\n {2}0 {2}done\n/);
      expect(stdout.split('\n').filter((line) => line.length > 110)).toEqual([]);
    }
    expect(checkout()).toEqual(before);
  });

  it('answers a typo with a suggestion, without a stack trace, and writes nothing', async () => {
    const before = checkout();
    for (const { name, status, stdout, stderr } of nonEmpty(await startEach('--hepl'))) {
      expect([name, status, stdout]).toEqual([name, 2, '']);
      expect(stderr).toMatch(/^error: unknown option '--hepl'\n\(Did you mean --help\?\)\nSee: .* --help\n$/);
    }
    expect(checkout()).toEqual(before);
  });

  it('refuses an argument that it does not take', async () => {
    for (const { name, status, stdout, stderr } of nonEmpty(await startEach('surplus'))) {
      expect([name, status, stdout]).toEqual([name, 2, '']);
      expect(stderr).toMatch(/^error: (too many arguments|unknown command 'surplus')/);
    }
  });
});

describe('a mistake', () => {
  it.each([
    [
      'bin/start.ts',
      ['--port', '3000'],
      /Did you mean one of --webhook-port, --endpoint-port, --github-port/,
    ],
    ['bin/start.ts', ['--webhook-port', '70000'], /invalid.*It must be a whole number from 0 to 65535/],
    ['bin/demo.ts', ['--jsn'], /Did you mean --json/],
    ['test/sim/sim.ts', ['--seeds', 'many'], /'--seeds <count>' argument 'many' is invalid/],
    ['test/sim/mutants.ts', ['--only', 'nothing'], /Allowed values are/],
    ['test/bench/bench.ts', ['--only', 'everything'], /Allowed values are webhook, bundles/],
    ['test/chaos/chaos.ts', ['--seconds', '0'], /from 1 to 600/],
    ['test/scale/day.ts', ['--part', '2'], /from 0.0001 to 1/],
    ['test/mutation/mutation.ts', ['--only', 'attic'], /Allowed values are core, app\/admission/],
  ] as const)('%s %j prints what is allowed', async (file, args, says) => {
    const { status, stderr } = await start(file, ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it.each(['webhook', 'endpoint', 'github'])('a taken port for --%s-port is one line', async (name) => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    const { status, stdout, stderr } = await start('bin/start.ts', `--${name}-port`, String(port));
    server.close();
    expect(stderr).toMatch(new RegExp(`^error: Port ${port} is in use on this machine\\. .*\n$`));
    expect(stdout).not.toContain('synthesizing');
    expect(status).toBe(2);
  });
});

/** With settings so small that all of them together take seconds; the figures mean nothing. */
describe('a smoke run', () => {
  it('of the mutation tester has the tests of one file find its mutants', async () => {
    const tests = ['--tests', 'test/core/balance-plan.test.ts'];
    const run = await start('test/mutation/mutation.ts', '--file', 'lib/core/room.ts', ...tests, '--json');
    expect([run.status, run.stderr]).toEqual([0, '']);
    const { folders } = JSON.parse(run.stdout);
    expect(folders).toEqual([expect.objectContaining({ folder: 'core', goal: 85 })]);
    expect(folders[0].mutants).toBeGreaterThan(10);
    expect(folders[0].caught).toBeGreaterThan(85);
  });

  it.each([
    ['test/sim/sim.ts', ['--seeds', '3'], /3 seeds, .*\n0 violations/],
    ['test/sim/sim.ts', ['--replay', '1'], /Every invariant held/],
    ['test/sim/sim.ts', ['--host', '--seeds', '3'], /3 seeds, .*\n0 violations/],
    ['test/scale/day.ts', ['--part', '0.0002', '--json'], /"missed":\[\]/],
    ['test/conformance/conformance.ts', ['--list'], /cfn-lint\n[\s\S]*github-simulator\n/],
  ] as const)('of %s %j', async (file, args, says) => {
    const { status, stdout, stderr } = await start(file, ...args);
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    expect(stdout).toMatch(says);
  });

  it.each(['parked-after-the-attempt', 'host-ended-while-busy'])(
    'of the simulation of faults catches %s',
    async (name) => {
      const { status, stdout } = await start('test/sim/mutants.ts', '--only', name, '--json');
      expect(JSON.parse(stdout)).toEqual([{ mutant: name, caughtBySeed: expect.any(Number) }]);
      expect(status).toBe(0);
    },
  );

  it('of the browser names what is missing', async () => {
    const { status, stderr } = await start('test/browser/browser.ts');
    expect(stderr).toMatch(/^error: There is no browser at \/nowhere\/chromium\. .*apt-get install chromium/);
    expect(status).toBe(2);
  });

  it('of chaos comes to rest with every invariant true, and loses jobs only with spot machines', async () => {
    const { status, stdout, stderr } = await chaos;
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    const { jobs, invariantsBroken } = JSON.parse(stdout);
    expect(invariantsBroken).toEqual([]);
    expect(jobs.ran).toBe(jobs.succeeded + jobs.takenBack);
  });

  it('of the benchmark measures everything', async () => {
    const { status, stdout, stderr } = await benchmark;
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    const names = JSON.parse(stdout).results.map(({ name }: { name: string }) => name);
    for (const name of [
      'webhooks a second',
      'load of runner-syncer',
      'synthesis',
      'calls over a life, burst',
    ]) {
      expect(names).toContain(name);
    }
  });
});
