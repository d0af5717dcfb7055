/** `mayfly host status --watch`: what it shows while the host cannot be read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { drawAnyway } from '../../../lib/cli/host/host-status.ts';
import defaultConfig from '../../../mayfly.config.ts';

describe('watching a single host', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-watch-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const io = { out: () => undefined, error: () => undefined };
  // No engine can be found on an empty PATH.
  const call = { options: { folder }, positionals: [], config: defaultConfig, io, environment: { PATH: '' } };

  it('shows what is wrong, and continues, while there are no settings', async () => {
    const picture = await drawAnyway(call);
    expect(picture).toEqual({ status: 1, text: expect.stringMatching(/^error: There is no .*host\.env/) });
  });

  it('shows every mistake of the settings, and where they are', async () => {
    writeFileSync(join(folder, 'host.env'), 'GITHUB_REPOSITORY=acme/app\nGITHUB_ORGANIZATION=acme\n');
    const { status, text } = await drawAnyway(call);
    expect([status, text]).toEqual([
      1,
      expect.stringMatching(/^error: Invalid settings in \/.*host\.env:\n- Both are set: /),
    ]);
  });

  it('shows what is wrong, and continues, while no engine answers', async () => {
    writeFileSync(join(folder, 'host.env'), 'GITHUB_REPOSITORY=acme/app\n');
    const picture = await drawAnyway(call);
    expect(picture).toEqual({
      status: 1,
      text: expect.stringMatching(/^error: No container engine answers/),
    });
  });
});
