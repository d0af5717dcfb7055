/** What the script that bakes images promises, without a machine: it installs the checked program, or fails. */
import { execFileSync, spawnSync } from 'node:child_process';
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

const script = readFileSync(new URL('../../images/bake.sh', import.meta.url), 'utf8');
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
      docker: 'exit 0',
      git: 'exit 0',
    };
    for (const [tool, text] of Object.entries(shims)) {
      rmSync(join(toolbox.path, tool), { force: true });
      if (tool !== without)
        writeFileSync(join(toolbox.path, tool), `#!${toolbox.bash}\n${text}\n`, { mode: 0o755 });
    }
    mkdirSync(join(folder, 'lists'));
    writeFileSync(join(folder, 'lists', 'list'), 'x');
    const filled = script
      .replace('@ARCHITECTURE@', 'arm64')
      .replace('@RUNNER_BUCKET@', 'runners.s3.us-east-1.amazonaws.com');
    const environment = {
      PATH: toolbox.path,
      ANSWERS: join(folder, 'answers'),
      RUNNER_HOME: join(folder, 'home'),
      PACKAGE_LISTS: join(folder, 'lists'),
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
    expect(output).toMatch(/apt-get .*install docker\.io[\s\S]*dependencies[\s\S]*bake: done/);
    expect(status).toBe(0);
    expect(readdirSync(join(folder, 'home')).sort()).toEqual(['bin', 'run.sh']);
    expect(readdirSync(join(folder, 'lists'))).toEqual([]);
  });

  it('fails before it unpacks what has another checksum', () => {
    givenArchive();
    const { status } = bake({ sha256: '0'.repeat(64) });
    expect(status).not.toBe(0);
    expect(existsSync(join(folder, 'home', 'run.sh'))).toBe(false);
  });

  it.each(['docker', 'git', 'apt-get'])('fails without %s', (without) => {
    const { status, output } = bake({ sha256: givenArchive(), without });
    expect(status).not.toBe(0);
    expect(output).not.toContain('bake: done');
  });
});
