/** Records are as near to AWS's bill as was promised. In a process of its own, in virtual time; the same for each seed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { markedRows, root } from '../docs/markdown.ts';

it('has no goal missed by the records of 10,000 jobs of each kind of machine', () => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const script = join(root, 'test', 'accuracy', 'accuracy.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const names = [...stdout.matchAll(/^ {2}(\S.*?) {2,}.* met$/gm)].map(([, name]) => name);
  expect(names).toHaveLength(12);
  expect(markedRows('docs/COSTS.md', 'accuracy').map(([name]) => name)).toEqual(names);
});
