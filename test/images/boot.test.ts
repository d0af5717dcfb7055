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
import { compactScript } from '../../lib/constructs/machines/boot-script.ts';
import { createToolbox } from '../../lib/local/ec2/toolbox.ts';

const file = fileURLToPath(new URL('../../images/boot.sh', import.meta.url));
const script = readFileSync(file, 'utf8');
const code = script.replace(/^\s*#.*$/gm, '');

describe('the boot script', () => {
  it('leaves room in the 16 KB of user data', () => {
    expect(Buffer.byteLength(compactScript(script))).toBeLessThan(11 * 1024);
  });

  it('has no here-document, which would lose its indentation on the way to a machine', () => {
    expect(code).toContain('<<<');
    expect(code.replaceAll('<<<', '')).not.toContain('<<');
  });

  it('has each placeholder once, as a whole value', () => {
    expect(script.match(/@[A-Z_0-9]+@/g)).toEqual([
      '@CLAIM_URL@',
      '@RUNNER_ARCHITECTURE@',
      '@RUNNER_VERSION@',
      '@RUNNER_SHA256@',
      '@RUNNER_BUCKET@',
      '@RELEASE_URL@',
      '@IDLE_SECONDS@',
      '@LIFE_MINUTES@',
      '@ROOTLESS@',
      '@EXTRA_USER_DATA@',
    ]);
    expect(script.match(/^readonly ([A-Z_0-9]+)="@\1@"$/gm)).toHaveLength(10);
  });

  it('finds every command through PATH', () => {
    const paths = code.match(/(?<![\w$"}:./])\/[a-z][\w/.-]*/g);

    expect(new Set(paths)).toEqual(
      // The last two are the words of a tool, which the laptop has a stand-in for.
      new Set([
        '/dev/urandom',
        '/dev/null',
        '/opt/actions-runner',
        '/proc/uptime',
        '/dev/stdin',
        '/etc/sudoers.d/90-mayfly',
      ]),
    );
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

  /** Plays the metadata service, the bucket and GitHub, each by a file of the folder that a test fills, and refuses the claim. */
  const curl = `#!/usr/bin/env bash
for word in "$@"; do
  case "$word" in
    @-) cat >/dev/null ;;
    https://*)
      echo "GET $word" >&2
      file="$ANSWERS/\${word////_}"
      if [[ ! -f $file ]]; then exit 22; fi
      if [[ -n $output ]]; then cp "$file" "$output"; else cat "$file"; fi
      ;;
    */claim) printf '\\n403' ;;
    */api/token) printf 'word' ;;
    http://metadata/*)
      if [[ $word == *:launch_ticket && -e $HOME/.tag-lags ]]; then rm "$HOME/.tag-lags"; exit 22; fi
      printf 'word\\036' ;;
  esac
  if [[ $previous == --output ]]; then output=$word; fi
  previous=$word
done
`;
  const name = 'actions-runner-linux-arm64-2.337.0.tar.gz';
  const bucket = 'https://runners.s3.us-east-1.amazonaws.com/runner/linux-arm64';
  const github = `https://github.com/actions/runner/releases/download/v2.337.0/${name}`;
  const releaseUrl = 'https://api.github.com/latest';

  /** @returns the archive and its checksum */
  function givenArchive() {
    mkdirSync(join(folder, 'made', 'bin'), { recursive: true });
    writeFileSync(join(folder, 'made', 'run.sh'), '#!/usr/bin/env bash\n', { mode: 0o755 });
    // As GitHub's: it fails as soon as apt-get does.
    const dependencies =
      '#!/usr/bin/env bash\napt-get update && apt-get install libicu74 && echo dependencies installed\n';
    writeFileSync(join(folder, 'made', 'bin', 'installdependencies.sh'), dependencies, { mode: 0o755 });
    const file = join(folder, 'runner.tar.gz');
    execFileSync('tar', ['-czf', file, '-C', join(folder, 'made'), '.']);
    const bytes = readFileSync(file);
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  const current = (sha256: string, version = '2.337.0') =>
    `version=${version}\nsha256=${sha256}\narchive=${name}\n`;
  const release = (sha256: string) =>
    JSON.stringify({
      assets: ['x64', 'arm64'].map((architecture) => ({
        name: `actions-runner-linux-${architecture}-2.337.0.tar.gz`,
        uploader: { login: 'actions' },
        digest: `sha256:${architecture === 'arm64' ? sha256 : '1'.repeat(64)}`,
        created_at: '2026-11-01T00:00:00Z',
        browser_download_url: github.replaceAll('arm64', architecture),
      })),
    });

  interface World {
    /** What the network has, by address. */
    readonly answers: Readonly<Record<string, string | Buffer>>;
    readonly version?: string;
    readonly sha256?: string;
    readonly bucketHost?: string;
    /** What the image, or its first boot, is like: runs before the boot script. */
    readonly before?: string;
  }

  async function boot({ answers, version = '', sha256 = '', bucketHost, before = '' }: World) {
    for (const [url, body] of Object.entries(answers)) {
      mkdirSync(join(folder, 'answers'), { recursive: true });
      writeFileSync(join(folder, 'answers', url.replaceAll('/', '_')), body);
    }
    const toolbox = createToolbox(join(folder, 'tools'));
    rmSync(join(toolbox.path, 'curl'));
    writeFileSync(join(toolbox.path, 'curl'), curl, { mode: 0o755 });
    writeFileSync(join(toolbox.path, 'poweroff'), '#!/usr/bin/env bash\necho powered off\n', { mode: 0o755 });
    writeFileSync(join(toolbox.path, 'shutdown'), '#!/usr/bin/env bash\necho shutdown "$@"\n', {
      mode: 0o755,
    });
    const filled = script
      .replace('@CLAIM_URL@', 'http://claim')
      .replace('@RUNNER_ARCHITECTURE@', 'arm64')
      .replace('@RUNNER_VERSION@', version)
      .replace('@RUNNER_SHA256@', sha256)
      .replace('@RUNNER_BUCKET@', bucketHost ?? 'runners.s3.us-east-1.amazonaws.com')
      .replace('@LIFE_MINUTES@', '395')
      .replace('@RELEASE_URL@', releaseUrl);
    const environment = {
      PATH: toolbox.path,
      HOME: folder,
      ANSWERS: join(folder, 'answers'),
      RUNNER_HOME: join(folder, 'home'),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://metadata/',
    };
    return run(toolbox.bash, `${before}\n${filled}`, environment);
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
    return { output, asked: [...output.matchAll(/^GET (.+)$/gm)].map(([, url]) => url) };
  }

  const isInstalled = () => existsSync(join(folder, 'home', 'run.sh'));
  const wentOn = /dependencies installed[\s\S]*claim refused with 403[\s\S]*powered off/;

  it('installs the one that the bucket calls current', async () => {
    const { bytes, sha256 } = givenArchive();
    const answers = { [`${bucket}/current`]: current(sha256), [`${bucket}/${name}`]: bytes };
    const { output, asked } = await boot({ answers });

    expect(asked).toEqual([`${bucket}/current`, `${bucket}/${name}`]);
    expect(output).toMatch(wentOn);
    expect(output).toMatch(/ boot script started\nshutdown --no-wall -P \+395\n/);
    expect(isInstalled()).toBe(true);
  });

  it.each([
    ['the bucket gives no answer', (_sha256: string) => ({}), {}],
    [
      'what the bucket has is garbled',
      (sha256: string) => ({ [`${bucket}/current`]: current(sha256), [`${bucket}/${name}`]: 'garbled' }),
      {},
    ],
    ['it cannot reach the bucket', (_sha256: string) => ({}), { bucketHost: '' }],
    [
      'another release is pinned than the bucket has yet',
      (sha256: string) => ({ [`${bucket}/current`]: current(sha256, '2.336.0') }),
      { version: '2.337.0' },
    ],
  ])("installs GitHub's, with its checksum, where %s", async (_, inBucket, settings) => {
    const { bytes, sha256 } = givenArchive();
    const answers = { ...inBucket(sha256), [releaseUrl]: release(sha256), [github]: bytes };
    const { output, asked } = await boot({ answers, ...settings });

    expect(asked.slice(-2)).toEqual([releaseUrl, github]);
    expect(output).toMatch(wentOn);
    expect(isInstalled()).toBe(true);
  });

  it('needs not ask GitHub which release there is where version and checksum are given', async () => {
    const { bytes, sha256 } = givenArchive();
    const { output, asked } = await boot({
      answers: { [github]: bytes },
      version: '2.337.0',
      sha256,
      bucketHost: '',
    });

    expect(asked).toEqual([github]);
    expect(output).toMatch(wentOn);
  });

  it.each([
    ['the given one', { version: '2.337.0', sha256: '0'.repeat(64) }],
    ["GitHub's", {}],
  ])('powers off before it unpacks what has not %s checksum', async (_, settings) => {
    const { bytes, sha256 } = givenArchive();
    const wrong = { [releaseUrl]: release('0'.repeat(64)), [github]: bytes };
    const garbled = { [`${bucket}/current`]: current(sha256), [`${bucket}/${name}`]: 'garbled' };
    const { output } = await boot({ answers: { ...wrong, ...garbled }, ...settings });

    expect(output).toMatch(
      /does not have the checksum 0{64}[\s\S]*neither the bucket nor GitHub[\s\S]*powered off/,
    );
    expect(output).not.toContain('asking what to run');
    expect(isInstalled()).toBe(false);
  });

  /** A world that has the program, so that only the image and its first boot matter. */
  function givenProgram(): World {
    const { bytes, sha256 } = givenArchive();
    return { answers: { [`${bucket}/current`]: current(sha256), [`${bucket}/${name}`]: bytes } };
  }

  /** However slow this machine is: the lock goes back only when apt-get has found it held. */
  const heldUntilMet = (lock: string) =>
    `: >"$HOME/${lock}"
    (for _ in {1..6000}; do [[ -e $HOME/.met-lock ]] && echo met ${lock} && break; sleep 0.05; done
    rm "$HOME/${lock}") &`;

  it('asks again who it is where its tag is not there yet', async () => {
    const { output } = await boot({ ...givenProgram(), before: ': >"$HOME/.icu"; : >"$HOME/.tag-lags"' });

    expect(existsSync(join(folder, '.tag-lags'))).toBe(false);
    expect(output).toMatch(/ identity word\n[\s\S]*claim refused with 403/);
  });

  it('installs no packages where the image has what the program opens', async () => {
    const { output } = await boot({ ...givenProgram(), before: ': >"$HOME/.icu"' });

    expect(output).not.toContain('apt-get');
    expect(output).toContain('claim refused with 403');
  });

  it("stops the download of lists that Ubuntu's first boot begins, and so gets their lock", async () => {
    const { output } = await boot({ ...givenProgram(), before: ': >"$HOME/.lists-lock"' });

    expect(output).not.toContain('Could not get lock');
    expect(output).toMatch(wentOn);
  });

  it('waits for an upgrade that holds the lock of packages', async () => {
    const { output } = await boot({ ...givenProgram(), before: heldUntilMet('.dpkg-lock') });

    expect(output).toContain('met .dpkg-lock');
    expect(output).not.toContain('Could not get lock');
    expect(output).toMatch(wentOn);
  });

  it('tries again where the lock of lists is held all the same', async () => {
    const before = `systemctl() { return 0; }; ${heldUntilMet('.lists-lock')}`;
    const { output } = await boot({ ...givenProgram(), before });

    expect(output).toMatch(/Could not get lock \/var\/lib\/apt\/lists\/lock/);
    expect(output).toMatch(wentOn);
  });
});
