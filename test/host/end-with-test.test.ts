/** Cleans up what a killed test of a single host left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { endWithTest } from './start-host.ts';

it('is ended and removed, with everything that its containers started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-left-'));
  const guard = endWithTest(folder);
  const start = (program: string, args: string[], env: Record<string, string>) =>
    spawn(program, args, { env, detached: true, stdio: 'ignore' });
  const supervisor = start('/bin/sleep', ['60'], { MAYFLY_TEST_HOST: folder });
  const container = start('/bin/sh', ['-c', '/usr/bin/env -i /bin/sleep 60; true'], {
    CONTAINER: `${folder}/1`,
  });
  const ends = [supervisor, container].map(async (one) => (await once(one, 'exit'))[1]);
  // It may end before the process list shows that the others have ended.
  const guardEnds = once(guard, 'exit');
  guard.stdin?.end();
  expect(await Promise.all(ends)).toEqual(['SIGKILL', 'SIGKILL']);
  await guardEnds;
  expect(existsSync(folder)).toBe(false);
});
