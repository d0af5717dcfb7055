/** No day costs over 1% more than its cap. In a process of its own, in virtual time; the same for each seed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { markedRows, root } from '../docs/markdown.ts';

it('lets no day of the jobs in the documents cost over 1% more than its cap', () => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const script = join(root, 'test', 'accuracy', 'caps.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--quick', '--seeds', '1'], {
    encoding: 'utf8',
    env,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/the goal is 101%: met$/m);
  const jobs = [...stdout.matchAll(/^ {2}(\S.*), 10 machines, 50 h /gm)].map(([, name]) => name);
  expect(markedRows('docs/COSTS.md', 'caps').map(([name]) => name)).toEqual(jobs);
});
