/** What a command does when its reader, such as `head`, goes before it has written all. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const command = fileURLToPath(new URL('../../bin/mayfly-cli.ts', import.meta.url));

it('ends without an error when its output is closed', async () => {
  const child = spawn(process.execPath, [command, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let error = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, error }).toEqual({ code: 0, error: '' });
});
