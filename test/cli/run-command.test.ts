import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Command } from '../../lib/cli/command.ts';
import { commandsFor } from '../../lib/cli/commands.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import config from '../../mayfly.config.ts';
import { root } from '../docs/markdown.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { commands } from './commands.ts';
import { recordingIo } from './support.ts';

async function mayfly(...args: string[]) {
  const { io, printed } = recordingIo();
  const status = await runCommand(commands, args, { config, io, environment: {} });
  return { status, ...printed() };
}

describe('the command line', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('lists its commands for %j', async (args) => {
    const { status, out } = await mayfly(...args);
    expect(status).toBe(0);
    expect(out).toMatch(/^Usage: mayfly /);
    for (const { name, summary } of nonEmpty(commands.filter((one) => !one.name.includes(' '))))
      expect(out).toMatch(new RegExp(`  ${name}( [<[].*[>\\]])? +${summary.slice(0, 20)}`));
    expect(out).toMatch(/ {2}tenant <command> +show and change one tenant/);
  });

  it.each([
    [['tenant', '--help'], 0, 'out'],
    [['tenant'], 2, 'error'],
  ] as const)('lists the commands of a group for %j', async (args, status, where) => {
    const answer = await mayfly(...args);
    expect(answer.status).toBe(status);
    expect(answer[where]).toMatch(/^Usage: mayfly tenant <command> \[options\]\n/);
    for (const { name, summary } of nonEmpty(commands.filter((one) => one.name.startsWith('tenant '))))
      expect(answer[where]).toMatch(new RegExp(`  ${name.slice(7)}( <.*>)? +${summary.slice(0, 20)}`));
  });

  it.each([
    ['tenant', /\n {2}1 {2}the help of a command says what is wrong\n/],
    ['controllers scope', /\n {2}0 {2}done\n {2}2 {2}/],
  ])('says in the help of the group %s whether a command of it exits with 1', async (group, text) => {
    expect((await mayfly(...group.split(' '), '--help')).out).toMatch(text);
  });

  it('loads the commands that begin with the first argument, or with what follows help', async () => {
    const firstWord = ({ name }: Command) => name.split(' ')[0]!;
    for (const word of nonEmpty([...new Set(commands.map(firstWord))])) {
      const meant = commands.filter((one) => firstWord(one) === word);
      for (const args of [[word], ['help', word]]) expect(await commandsFor(args)).toEqual(meant);
    }
    expect(await commandsFor(['--', 'status'])).toEqual(commands);
  });

  it.each([
    [[]],
    [['--help']],
    [['help']],
    [['help', 'statsu']],
    [['--version']],
    [['--hepl']],
    [['--json', 'statsu']],
    [['statsu']],
    [['surplus']],
  ])('loads no command for %j, and prints the same', async (args) => {
    const outlines = await commandsFor(args);
    expect(outlines.filter((one) => 'run' in one)).toEqual([]);
    const { io, printed } = recordingIo();
    const status = await runCommand(outlines, args, { config, io, environment: {} });
    expect({ status, ...printed() }).toEqual(await mayfly(...args));
  });

  it('loads no cryptography for its help, as the checks of a configuration do', async () => {
    const program = `await import('./lib/cli/run-command.ts');
      const isLoaded = () => process.moduleLoadList.includes('NativeModule crypto');
      const atFirst = isLoaded();
      await import('./lib/config/check-config.ts');
      console.log(JSON.stringify([atFirst, isLoaded()]));`;
    const node = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: root,
    });
    expect(JSON.parse((await node).stdout)).toEqual([false, true]);
  });

  it("says where to find the help of a group's command", async () => {
    const { error } = await mayfly('tenant', 'show', 'acme', '--jsn');
    expect(error).toContain('See: mayfly tenant show --help');
  });

  it.each(commands.map(({ name }) => [name]))('explains mayfly %s with examples', async (name) => {
    const { status, out } = await mayfly(...name.split(' '), '--help');
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: mayfly ${name} `));
    expect(out).toMatch(/Exit status:\n {2}0 {2}done\n/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it.each([
    ['statsu', 'status'],
    ['preflght', 'preflight'],
  ])('suggests what %s probably meant', async (given, meant) => {
    const { status, error } = await mayfly(given);
    expect(status).toBe(2);
    expect(error).toMatch(new RegExp(`^error: unknown command '${given}'.*Did you mean ${meant}`, 's'));
    expect(error).toContain('See: mayfly --help');
  });

  it('suggests an option, and says where to read more', async () => {
    const { status, error } = await mayfly('dead-letters', '--jsn');
    expect(status).toBe(2);
    expect(error).toBe(
      "error: unknown option '--jsn'\n(Did you mean --json?)\nSee: mayfly dead-letters --help\n",
    );
  });

  it('refuses a positional that a command does not take', async () => {
    expect(await mayfly('status', 'acme')).toMatchObject({
      status: 2,
      out: '',
      error: expect.stringMatching(/^error: too many arguments/),
    });
  });

  it.each(['-V', '--version'])('says its version for %s', async (flag) => {
    expect(await mayfly(flag)).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('says which positional is missing', async () => {
    expect(await mayfly('logs')).toMatchObject({
      status: 2,
      error: expect.stringMatching(/^error: missing required argument 'instance-id'/),
    });
  });

  it('refuses what is not an instance id before it calls AWS', async () => {
    expect(await mayfly('logs', 'my-runner')).toMatchObject({
      status: 2,
      error: expect.stringContaining('i-0123456789abcdef0'),
    });
  });
});

describe('a row broken by a manual edit', () => {
  it('is named in the error, which is not reported as a bug', async () => {
    const unreadable = 'In the tenants row 7, status is missing; it must be one of active, deleted.';
    const broken: Command = {
      ...{ name: 'look', summary: 'look at a row', details: '', exitOne: '' },
      run: async () => {
        throw new OperationalError(unreadable, { code: 'UnreadableRow', retryable: false });
      },
    };
    const { io, printed } = recordingIo();
    expect(await runCommand([broken], ['look'], { config, io, environment: {} })).toBe(2);
    expect(printed().error).toContain(unreadable);
  });
});
