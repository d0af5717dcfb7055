import { describe, expect, it } from '@jest/globals';
import { commands } from '../../lib/cli/commands.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import config from '../../mayfly.config.ts';
import { recordingIo } from './support.ts';

async function mayfly(...args: string[]) {
  const { io, printed } = recordingIo();
  const status = await runCommand(commands, args, { config, io, environment: {} });
  return { status, ...printed() };
}

describe('the command line', () => {
  it.each([[[]], [['--help']], [['help']]])('lists its commands for %j', async (args) => {
    const { status, out } = await mayfly(...args);
    expect(status).toBe(0);
    for (const { name, summary } of commands)
      expect(out).toMatch(new RegExp(`${name} +${summary.slice(0, 20)}`));
  });

  it.each(commands.map(({ name }) => [name]))('explains mayfly %s with examples', async (name) => {
    const { status, out } = await mayfly(name, '--help');
    expect(status).toBe(0);
    expect(out).toContain(`mayfly ${name}`);
  });

  it('names what there is for a word that it does not know', async () => {
    expect(await mayfly('frobnicate')).toMatchObject({
      status: 2,
      error: expect.stringMatching(/no command "frobnicate".*status/),
    });
  });

  it('names the option that it does not know, and where to read on', async () => {
    expect(await mayfly('status', '--colour')).toMatchObject({
      status: 2,
      error: expect.stringMatching(/--colour.*mayfly status --help/s),
    });
  });

  it('says which word is missing', async () => {
    expect(await mayfly('logs')).toMatchObject({
      status: 2,
      error: expect.stringContaining('<instance-id>'),
    });
  });

  it('refuses a word that is no instance id before it calls AWS', async () => {
    expect(await mayfly('logs', 'my-runner')).toMatchObject({
      status: 2,
      error: expect.stringContaining('i-0123456789abcdef0'),
    });
  });
});
