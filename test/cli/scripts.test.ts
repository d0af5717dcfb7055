/**
 * Every script that people start: its help, its answer to a typing error, and a smoke run of those that no other test
 * starts. Nothing of it writes into the checkout.
 */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { read, root } from '../docs/markdown.ts';
import { nonEmpty } from '../support/non-empty.ts';

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** Those that start a file of this repository; the others are tools that bring their own help. */
const own = Object.entries(scripts).flatMap(([name, line]) => {
  const [, file] = /^node ((?:bin|test)\/\S+\.ts)$/.exec(line) ?? [];
  return file === undefined ? [] : [[name, file] as const];
});

function start(file: string, ...args: string[]) {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const env = { ...environment, NO_COLOR: '1', MAYFLY_CHROMIUM: '/nowhere/chromium' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, file), ...args], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

/** Every file outside of what git ignores, with the time of its last change. */
const checkout = () =>
  globSync('**/*', {
    cwd: root,
    exclude: ['node_modules', '.git', 'cdk.out', '.build', 'coverage', '.mayfly'],
  })
    .map((path) => `${path} ${statSync(join(root, path)).mtimeMs}`)
    .sort();

describe('every script', () => {
  it('is known here', () => {
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
      'test:fast',
    ]);
  });

  it('explains itself, and writes nothing', () => {
    const before = checkout();
    for (const [name, file] of nonEmpty(own)) {
      for (const flag of ['--help', '-h']) {
        const { status, stdout, stderr } = start(file, flag);
        expect([name, status, stderr]).toEqual([name, 0, '']);
        expect(stdout).toMatch(
          /^Usage: (npm (run [\w:]+|start) -- \[options\]|mayfly <command> \[options\])\n/,
        );
        expect(stdout).toMatch(/Exit status:\n {2}0 {2}done\n/);
        expect(stdout.split('\n').filter((line) => line.length > 110)).toEqual([]);
      }
    }
    expect(checkout()).toEqual(before);
  });

  it('answers a typing error with what was meant, without a stack trace, and writes nothing', () => {
    const before = checkout();
    for (const [name, file] of nonEmpty(own)) {
      const { status, stdout, stderr } = start(file, '--hepl');
      expect([name, status, stdout]).toEqual([name, 2, '']);
      expect(stderr).toMatch(/^error: unknown option '--hepl'\n\(Did you mean --help\?\)\nSee: .* --help\n$/);
    }
    expect(checkout()).toEqual(before);
  });

  it('refuses an argument that it does not take', () => {
    for (const [name, file] of nonEmpty(own)) {
      const { status, stdout, stderr } = start(file, 'surplus');
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
    ['test/sim/mutants.ts', ['--only', 'nothing'], /Allowed are/],
    ['test/bench/bench.ts', ['--only', 'everything'], /Allowed are webhook, bundles/],
    ['test/chaos/chaos.ts', ['--seconds', '0'], /from 1 to 600/],
    ['test/scale/day.ts', ['--part', '2'], /from 0.0001 to 1/],
    ['test/mutation/mutation.ts', ['--only', 'attic'], /Allowed are core, app\/admission/],
  ] as const)('%s %j is answered with what is allowed', (file, args, says) => {
    const { status, stderr } = start(file, ...args);
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
    const { status, stdout, stderr } = start('bin/start.ts', `--${name}-port`, String(port));
    server.close();
    expect(stderr).toMatch(new RegExp(`^error: Port ${port} is in use on this machine\\. .*\n$`));
    expect(stdout).not.toContain('synthesizing');
    expect(status).toBe(2);
  });
});

/** With settings so small that all of them together take seconds; the figures mean nothing. */
describe('a smoke run', () => {
  it('of the mutation tester has the tests of one file find its mutants', () => {
    const tests = ['--tests', 'test/core/balance-plan.test.ts'];
    const run = start('test/mutation/mutation.ts', '--file', 'lib/core/room.ts', ...tests, '--json');
    expect([run.status, run.stderr]).toEqual([0, '']);
    const { rooms } = JSON.parse(run.stdout);
    expect(rooms).toEqual([expect.objectContaining({ room: 'core', goal: 85 })]);
    expect(rooms[0].mutants).toBeGreaterThan(10);
    expect(rooms[0].caught).toBeGreaterThan(85);
  });

  it('of the benchmark measures everything', () => {
    const { status, stdout, stderr } = start('test/bench/bench.ts', '--smoke', '--json');
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

  it.each([
    ['test/sim/sim.ts', ['--seeds', '3'], /3 seeds, .*\n0 violations/],
    ['test/sim/sim.ts', ['--replay', '1'], /Every promise was kept/],
    ['test/sim/sim.ts', ['--host', '--seeds', '3'], /3 seeds, .*\n0 violations/],
    ['test/scale/day.ts', ['--part', '0.001', '--json'], /"missed":\[\]/],
    ['test/chaos/chaos.ts', ['--seconds', '1', '--json'], /"invariantsBroken":\[\]/],
    ['test/conformance/conformance.ts', ['--list'], /cfn-lint\n[\s\S]*github-simulator\n/],
  ] as const)('of %s %j', (file, args, says) => {
    const { status, stdout, stderr } = start(file, ...args);
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    expect(stdout).toMatch(says);
  });

  it.each(['parked-after-the-attempt', 'host-ended-while-busy'])(
    'of the simulation of faults catches %s',
    (name) => {
      const { status, stdout } = start('test/sim/mutants.ts', '--only', name, '--json');
      expect(JSON.parse(stdout)).toEqual([{ mutant: name, caughtBySeed: expect.any(Number) }]);
      expect(status).toBe(0);
    },
  );

  it('of the browser says what is missing', () => {
    const { status, stderr } = start('test/browser/browser.ts');
    expect(stderr).toMatch(/^error: There is no browser at \/nowhere\/chromium\. .*apt-get install chromium/);
    expect(status).toBe(2);
  });
});
