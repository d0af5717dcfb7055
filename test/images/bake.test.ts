/** What the script that bakes images promises, without a machine: it installs the checked program, or fails. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createToolbox } from '../../lib/local/ec2/toolbox.ts';
import { givenServer } from '../local/ec2/given.ts';

const script = readFileSync(new URL('../../images/bake.sh', import.meta.url), 'utf8');
/** What packages bring that a laptop may lack. */
const tools = [
  'cc',
  'docker',
  'gh',
  'git',
  'git-lfs',
  'make',
  'python3',
  'unzip',
  'wget',
  'xz',
  'zip',
  'zstd',
];
const lists = 'var/lib/apt/lists';
const name = 'actions-runner-linux-arm64-2.337.0.tar.gz';

describe('a bake', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-bake-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Serves files of the folder by the last part of an address. */
  const curl = `for word in "$@"; do
  if [[ $previous == --output ]]; then output=$word; fi
  previous=$word
done
echo "GET $previous" >&2
file="$ANSWERS/\${previous##*/}"
[[ -f $file ]] || exit 22
if [[ -n $output ]]; then cp "$file" "$output"; else cat "$file"; fi`;

  function givenArchive(): string {
    const made = join(folder, 'made', 'bin');
    mkdirSync(made, { recursive: true });
    mkdirSync(join(folder, 'answers'));
    writeFileSync(join(folder, 'made', 'run.sh'), '#!/usr/bin/env bash\n', { mode: 0o755 });
    writeFileSync(join(made, 'installdependencies.sh'), '#!/usr/bin/env bash\necho dependencies\n', {
      mode: 0o755,
    });
    const file = join(folder, 'answers', name);
    execFileSync('tar', ['-czf', file, '-C', join(folder, 'made'), '.']);
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  }

  function bake({ sha256, without }: { sha256: string; without?: string }) {
    const current = `version=2.337.0\nsha256=${sha256}\narchive=${name}\n`;
    writeFileSync(join(folder, 'answers', 'current'), current);
    const toolbox = createToolbox(join(folder, 'tools'));
    const shims: Record<string, string> = {
      curl,
      'apt-get': 'echo "apt-get $*"',
      systemctl: 'echo "systemctl $*"',
      sleep: 'exit 0',
      ...Object.fromEntries(tools.map((each) => [each, 'exit 0'])),
    };
    for (const [tool, text] of Object.entries(shims)) {
      rmSync(join(toolbox.path, tool), { force: true });
      if (tool !== without)
        writeFileSync(join(toolbox.path, tool), `#!${toolbox.bash}\n${text}\n`, { mode: 0o755 });
    }
    mkdirSync(join(folder, lists), { recursive: true });
    writeFileSync(join(folder, lists, 'list'), 'x');
    const filled = script
      .replace('@ARCHITECTURE@', 'arm64')
      .replace('@RUNNER_BUCKET@', 'runners.s3.us-east-1.amazonaws.com');
    const environment = {
      PATH: toolbox.path,
      ANSWERS: join(folder, 'answers'),
      RUNNER_HOME: join(folder, 'home'),
      HOME: folder,
      ROOT: folder,
    };
    const { status, stdout, stderr } = spawnSync(toolbox.bash, ['-c', filled], {
      env: environment,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  }

  it('installs packages and the program that the bucket calls current', () => {
    const { status, output } = bake({ sha256: givenArchive() });
    expect(output).toContain(`GET https://runners.s3.us-east-1.amazonaws.com/runner/linux-arm64/${name}`);
    expect(output).toMatch(
      /apt-get .*install .* docker\.io .*build-essential [\s\S]*dependencies[\s\S]*bake: done/,
    );
    expect(status).toBe(0);
    expect(readdirSync(join(folder, 'home')).sort()).toEqual(['bin', 'run.sh']);
    expect(readdirSync(join(folder, lists))).toEqual([]);
  });

  it('fails before it unpacks what has another checksum', () => {
    givenArchive();
    const { status } = bake({ sha256: '0'.repeat(64) });
    expect(status).not.toBe(0);
    expect(existsSync(join(folder, 'home', 'run.sh'))).toBe(false);
  });

  it.each(['docker', 'git', 'make', 'git-lfs', 'apt-get'])('fails without %s', (without) => {
    const { status, output } = bake({ sha256: givenArchive(), without });
    expect(status).not.toBe(0);
    expect(output).not.toContain('bake: done');
  });

  describe('lets its machines start sooner:', () => {
    const made = (path: string) => readFileSync(join(folder, path), 'utf8');
    const unit = '/etc/systemd/system/mayfly-user-data.service';

    it('user data runs as soon as there is a network, and once', () => {
      const { output } = bake({ sha256: givenArchive() });

      expect(output).toContain('systemctl enable mayfly-user-data.service\n');
      expect(made(unit)).toMatch(/^After=network-online\.target\n[\s\S]*^WantedBy=multi-user\.target\n/m);
      const finals = made('/etc/cloud/cloud.cfg.d/99-mayfly.cfg');
      expect(finals).toContain('cloud_final_modules:');
      expect(finals).not.toMatch(/scripts/);
    });

    it('a job may start as many processes as it likes, and survives one that is out of memory', () => {
      bake({ sha256: givenArchive() });
      expect(made(unit)).toMatch(/^TasksMax=infinity$/m);
      expect(made(unit)).toMatch(/^OOMPolicy=continue$/m);
    });

    it('neither snaps nor updates begin, but not before the build itself is over', () => {
      const { output } = bake({ sha256: givenArchive() });
      expect(output).toMatch(
        /^systemctl mask apt-daily\.service .*apt-daily-upgrade\.timer .*snapd\.socket/m,
      );
      expect(output).not.toMatch(/mask .*--now|--now .*mask/);
    });

    it('what it runs is the user data, read with a token', async () => {
      const { status, output } = await boot('#!/usr/bin/env bash\necho "ran by $0"\n');
      expect(output).toMatch(/^ran by .*\/user-data\n$/);
      expect(status).toBe(0);
    });

    it('it runs no user data that is no script', async () => {
      expect(await boot('#cloud-config\n')).toEqual({ status: 0, output: '' });
    });

    it('it powers off a machine that cannot read its own', async () => {
      const { status, output } = await boot(undefined);
      expect(output).toMatch(/the user data cannot be read\npowered off/);
      expect(status).toBe(1);
    });

    /** What the unit starts, on a machine whose metadata service has that user data. */
    async function boot(userData: string | undefined) {
      bake({ sha256: givenArchive() });
      const metadata = await givenServer((request, response) => {
        const asked = `${request.method} ${request.url}`;
        const withToken = request.headers['x-aws-ec2-metadata-token'] === 'the-token';
        if (asked === 'PUT /latest/api/token') response.end('the-token');
        else if (asked === 'GET /latest/user-data' && withToken && userData) response.end(userData);
        else response.writeHead(404).end();
      });
      const toolbox = createToolbox(join(folder, 'machine'));
      for (const [tool, text] of [
        ['poweroff', 'echo powered off'],
        ['sleep', 'exit 0'],
      ]) {
        rmSync(join(toolbox.path, tool!));
        writeFileSync(join(toolbox.path, tool!), `#!${toolbox.bash}\n${text}\n`, { mode: 0o755 });
      }
      mkdirSync(join(folder, 'state'));
      const child = spawn(toolbox.bash, [join(folder, 'usr/local/sbin/mayfly-user-data')], {
        env: {
          PATH: toolbox.path,
          HOME: folder,
          STATE_DIRECTORY: join(folder, 'state'),
          AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
        },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (piece: string) => {
          output += piece;
        });
      }
      const status = await new Promise((resolve) => child.once('close', resolve));
      await metadata.close();
      return { status, output };
    }
  });
});
