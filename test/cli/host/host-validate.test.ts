/** `mayfly host validate` on a machine without a container engine: GitHub is checked all the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostValidate } from '../../../lib/cli/host/host-validate.ts';
import { runCommand } from '../../../lib/cli/run-command.ts';
import { startGitHub } from '../../../lib/local/github/start-github.ts';
import defaultConfig from '../../../mayfly.config.ts';
import { recordingIo } from '../support.ts';

describe('mayfly host validate without an engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-validate-'));
  let github: Awaited<ReturnType<typeof startGitHub>>;
  beforeAll(async () => {
    github = await startGitHub();
  });
  afterAll(async () => {
    await github?.stop();
    rmSync(folder, { recursive: true });
  });

  it('names the engine, and each other fault of the settings too', async () => {
    const settings = ['GITHUB_ORGANIZATION=acme', 'ALLOWED_REPOSITORIES=app,web', 'GITHUB_TOKEN=wrong'];
    writeFileSync(join(folder, 'host.env'), [...settings, `GITHUB_API_URL=${github.url}`, ''].join('\n'), {
      mode: 0o600,
    });
    const { io, printed } = recordingIo();
    // No engine can be found on an empty PATH.
    const call = { config: defaultConfig, io, environment: { PATH: '' } };
    const status = await runCommand([hostValidate], ['host', 'validate', '--folder', folder], call);
    expect([status, printed().error]).toEqual([1, '']);
    const { out } = printed();
    expect(out).toMatch(/^failed {2}engine: No container engine answers: docker is not installed; podman/m);
    expect(out).toMatch(/^failed {2}(?:group|registration): .*Bad credentials/m);
    expect(out).toMatch(/^failed {2}acme\/app: .*Bad credentials/m);
    expect(out).toMatch(/^failed {2}acme\/web: .*Bad credentials/m);
  });
});
