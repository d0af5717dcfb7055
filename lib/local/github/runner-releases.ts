/**
 * Releases of actions/runner, with archives that contain the laptop's runner program. A test may publish a false digest,
 * or none. Archives are made when they are first requested.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { tarArchive } from './tar.ts';

export interface RunnerReleaseRecord {
  readonly id: number;
  /** `2.337.0`. */
  readonly version: string;
  readonly publishedAt: number;
  /** The checksum in its digest and its notes. Default: the right one. */
  readonly claimedSha256?: string;
}

export const architectures = ['x64', 'arm64'] as const;

/** GitHub's newest at the time of writing. */
export const firstVersion = '2.337.0';

export const archiveNameOf = (version: string, architecture: string) =>
  `actions-runner-linux-${architecture}-${version}.tar.gz`;

/** Like the real one, it fails as soon as apt-get does. Source: actions/runner, src/Misc/layoutbin. */
const installDependencies =
  'apt-get update && apt-get install -y libkrb5-3 zlib1g && apt-get install -y libicu74 || exit 1';

const archives = new Map<string, Buffer>();

export function archiveOf(version: string, architecture: string): Buffer {
  const name = archiveNameOf(version, architecture);
  const known = archives.get(name);
  if (known) return known;
  const script = (text: string) => ({ bytes: Buffer.from(`#!/usr/bin/env bash\n${text}\n`), mode: 0o755 });
  const made = gzipSync(
    tarArchive([
      {
        name: 'run.sh',
        bytes: readFileSync(new URL('../ec2/runner/run.sh', import.meta.url)),
        mode: 0o755,
      },
      { name: 'bin/installdependencies.sh', ...script(installDependencies) },
      { name: 'bin/version', ...script(`printf '${version}\\n'`) },
    ]),
  );
  archives.set(name, made);
  return made;
}

export const sha256Of = ({ version, claimedSha256 }: RunnerReleaseRecord, architecture: string) =>
  claimedSha256 ?? createHash('sha256').update(archiveOf(version, architecture)).digest('hex');
