/** No day costs over 1% more than its cap. In a process of its own, in virtual time; the same for each seed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { markedRows, root } from '../docs/markdown.ts';

function caps(...options: string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const script = join(root, 'test', 'accuracy', 'caps.ts');
  return spawnSync(process.execPath, [script, ...options], { encoding: 'utf8', env });
}

it('lets no day of the jobs in the documents cost over 1% more than its cap', () => {
  const { status, stdout, stderr } = caps('--quick', '--seeds', '1');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/the goal is 101%: met$/m);
  const jobs = [...stdout.matchAll(/^ {2}(\S.*), 10 machines, 50 h /gm)].map(([, name]) => name);
  expect(markedRows('docs/COSTS.md', 'caps').map(([name]) => name)).toEqual(jobs);
});

it('prints what a day would cost if nothing were reserved: more than its cap', () => {
  const { status, stdout, stderr } = caps('--no-reserve', '--quick', '--seeds', '1', '--seed-from', '7');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [, cost] =
    /^Without a reserve, a day of 10 machines costs up to ([\d.]+)% of 50 h: /.exec(stdout) ?? [];
  expect(Number(cost)).toBeGreaterThan(110);
});
