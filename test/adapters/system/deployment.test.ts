/** A function finds its deployment beside its bundle, or says which file is missing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readDeployment } from '../../../lib/adapters/system/deployment.ts';
import { givenDeployment } from '../../support/given.ts';

describe('the deployment', () => {
  it('is read from the file beside the bundle', () => {
    const folder = mkdtempSync(join(tmpdir(), 'deployment-'));
    const bundle = pathToFileURL(join(folder, 'index.mjs')).href;
    expect(() => readDeployment(bundle)).toThrow(/deployment\.json cannot be read/);
    writeFileSync(join(folder, 'deployment.json'), JSON.stringify(givenDeployment()));
    expect(readDeployment(bundle)).toEqual(givenDeployment());
    rmSync(folder, { recursive: true });
  });
});
