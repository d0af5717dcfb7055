/**
 * What the boot script promises without a machine: its size, its placeholders, its manners, and its
 * download.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createToolbox } from '../../lib/local/ec2/toolbox.ts';

const file = fileURLToPath(new URL('../../images/boot.sh', import.meta.url));
const script = readFileSync(file, 'utf8');
const code = script.replace(/^\s*#.*$/gm, '');

describe('the boot script', () => {
  it('leaves room in the 16 KB of user data', () => {
    expect(Buffer.byteLength(script)).toBeLessThan(12 * 1024);
  });

  it('has each placeholder once, as a whole value', () => {
    expect(script.match(/@[A-Z_0-9]+@/g)).toEqual([
      '@CLAIM_URL@',
      '@RUNNER_VERSION@',
      '@RUNNER_ARCHITECTURE@',
      '@RUNNER_SHA256@',
      '@IDLE_SECONDS@',
      '@ROOTLESS@',
      '@EXTRA_USER_DATA@',
    ]);
    expect(script.match(/^readonly ([A-Z_0-9]+)="@\1@"$/gm)).toHaveLength(7);
  });

  it('finds every command through PATH', () => {
    const paths = code.match(/(?<![\w$"}:./])\/[a-z][\w/.-]*/g);

    expect(new Set(paths)).toEqual(new Set(['/dev/urandom', '/dev/null', '/opt/actions-runner']));
  });

  it('is a script that bash can read', () => {
    expect(() => execFileSync('bash', ['-n', file])).not.toThrow();
  });
});

describe('a machine without a runner program', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A curl that plays the metadata service and GitHub's downloads, and refuses the claim. */
  const curl = `#!/usr/bin/env bash
for word in "$@"; do
  case "$word" in
    @-) cat >/dev/null ;;
    https://github.com/*) echo "GET $word" >&2; cp "$ARCHIVE" "$output" ;;
    */claim) printf '\\n403' ;;
    http://metadata/*) printf 'word' ;;
  esac
  if [[ $previous == --output ]]; then output=$word; fi
  previous=$word
done
`;

  async function boot(sha256?: string) {
    mkdirSync(join(folder, 'made', 'bin'), { recursive: true });
    writeFileSync(join(folder, 'made', 'run.sh'), '#!/usr/bin/env bash\n', { mode: 0o755 });
    const dependencies = '#!/usr/bin/env bash\necho dependencies installed\n';
    writeFileSync(join(folder, 'made', 'bin', 'installdependencies.sh'), dependencies, { mode: 0o755 });
    const archive = join(folder, 'runner.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', join(folder, 'made'), '.']);
    const toolbox = createToolbox(join(folder, 'tools'));
    rmSync(join(toolbox.path, 'curl'));
    writeFileSync(join(toolbox.path, 'curl'), curl, { mode: 0o755 });
    writeFileSync(join(toolbox.path, 'poweroff'), '#!/usr/bin/env bash\necho powered off\n', { mode: 0o755 });
    const actual = createHash('sha256').update(readFileSync(archive)).digest('hex');
    const filled = script
      .replace('@CLAIM_URL@', 'http://door')
      .replace('@RUNNER_VERSION@', '2.337.0')
      .replace('@RUNNER_ARCHITECTURE@', 'arm64')
      .replace('@RUNNER_SHA256@', sha256 === 'right' ? actual : (sha256 ?? '@RUNNER_SHA256@'));
    const environment = {
      PATH: toolbox.path,
      ARCHIVE: archive,
      RUNNER_HOME: join(folder, 'home'),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://metadata/',
    };
    return run(toolbox.bash, filled, environment);
  }

  async function run(bash: string, text: string, environment: Record<string, string>) {
    const child = spawn(bash, ['-c', text], { cwd: folder, env: environment });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        output += piece;
      });
    }
    await new Promise((resolve) => child.once('close', resolve));
    return output;
  }

  it.each([['right'], [undefined]])('downloads the one it was given (checksum: %s)', async (sha256) => {
    const output = await boot(sha256);

    expect(output).toContain(
      'GET https://github.com/actions/runner/releases/download/v2.337.0/actions-runner-linux-arm64-2.337.0.tar.gz',
    );
    expect(output).toMatch(/dependencies installed[\s\S]*claim refused with 403[\s\S]*powered off/);
    expect(existsSync(join(folder, 'home', 'run.sh'))).toBe(true);
  });

  it('powers off before it unpacks what has another checksum', async () => {
    const output = await boot('0'.repeat(64));

    expect(output).toMatch(/does not have the checksum 0{64}[\s\S]*powered off/);
    expect(output).not.toContain('asking what to run');
    expect(existsSync(join(folder, 'home', 'run.sh'))).toBe(false);
  });
});
