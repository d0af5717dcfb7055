import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { standInTools, toolsThatDoNothing } from '../../../lib/local/ec2/stand-in-tools.ts';
import { createToolbox } from '../../../lib/local/ec2/toolbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'mayfly-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const toolbox = createToolbox(folder);

it.each(Object.entries(standInTools))('%s is a valid bash script', (_, script) => {
  const { stderr } = spawnSync('bash', ['-n'], { input: `${script}\n`, encoding: 'utf8', env: {} });
  expect(stderr).toBe('');
});

it.each(toolsThatDoNothing)('%s does nothing, whatever its arguments', (name) => {
  for (const args of [[], ['--help'], ['-w', '-I', 'OUTPUT']] as const) {
    const { status, stdout, stderr } = spawnSync(join(toolbox.path, name), args, { encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  }
});
