import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { standInTools } from '../../../lib/local/ec2/stand-in-tools.ts';

it.each(Object.entries(standInTools))('%s is a script that bash can read', (_, script) => {
  const { stderr } = spawnSync('bash', ['-n'], { input: `${script}\n`, encoding: 'utf8', env: {} });
  expect(stderr).toBe('');
});
