/**
 * Releases of actions/runner, with archives that hold the toy runner of the laptop. What a test publishes may lie: a
 * digest that is not that of the bytes, or none. Archives are made when they are first asked for.
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
  /** What its digests and its notes say that the checksum is. Default: what it is. */
  readonly claimedSha256?: string;
}

export const architectures = ['x64', 'arm64'] as const;

/** What GitHub's newest was when this was written. */
export const firstVersion = '2.337.0';

export const archiveNameOf = (version: string, architecture: string) =>
  `actions-runner-linux-${architecture}-${version}.tar.gz`;

/** As the real one: it fails as soon as apt-get does. Source: actions/runner, src/Misc/layoutbin. */
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
