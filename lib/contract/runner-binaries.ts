/**
 * The layout of the bucket of runner programs, for the syncer that fills it and for the machines that read it with
 * nothing but a shell (images/boot.sh): archives under names that hold their version, never written twice with other
 * bytes, and a small file `current` in each folder that says which one to use.
 */
import { archiveName, type RunnerArchive } from '../core/runner-release.ts';
import type { Architecture } from '../core/tier.ts';

/** Machines may read what is under this, and nothing else. */
export const runnerPrefix = 'runner/';

export const runnerFolder = (architecture: Architecture) => `${runnerPrefix}linux-${architecture}/`;
export const currentKey = (architecture: Architecture) => `${runnerFolder(architecture)}current`;
export const archiveKey = ({ version, architecture }: Pick<RunnerArchive, 'version' | 'architecture'>) =>
  `${runnerFolder(architecture)}${archiveName(version, architecture)}`;

/** Names the version for which an image was last asked for. */
export const imageNoteKey = (architecture: Architecture) => `${runnerFolder(architecture)}image`;

/** The content of `current`. */
export interface CurrentRunner {
  readonly version: string;
  readonly sha256: string;
}

/** Lines of `key=value`, as the boot script reads all its answers. */
export const currentLines = ({ version, sha256, architecture }: RunnerArchive) =>
  `version=${version}\nsha256=${sha256}\narchive=${archiveName(version, architecture)}\n`;

/** Undefined: it is not such a file. */
export function parseCurrentLines(text: string): CurrentRunner | undefined {
  const version = /^version=(\d+\.\d+\.\d+)$/m.exec(text)?.[1];
  const sha256 = /^sha256=([0-9a-f]{64})$/m.exec(text)?.[1];
  return version && sha256 ? { version, sha256 } : undefined;
}
