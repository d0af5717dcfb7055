/**
 * The layout of the bucket of runner programs, for the syncer that fills it and the machines that read it with only a
 * shell (images/boot.sh): archives, whose names contain their version and whose content never changes, and in each folder
 * a small file `current` that says which one to use.
 */
import { archiveName, type RunnerArchive } from '../core/runner-release.ts';
import type { Architecture } from '../core/tier.ts';

/** Machines may read what is under this prefix, and nothing else. */
export const runnerPrefix = 'runner/';

export const runnerFolder = (architecture: Architecture) => `${runnerPrefix}linux-${architecture}/`;
export const currentKey = (architecture: Architecture) => `${runnerFolder(architecture)}current`;
export const archiveKey = ({ version, architecture }: Pick<RunnerArchive, 'version' | 'architecture'>) =>
  `${runnerFolder(architecture)}${archiveName(version, architecture)}`;

/** Holds the version for which an image build was last started. */
export const imageNoteKey = (architecture: Architecture) => `${runnerFolder(architecture)}image`;

/** The content of `current`. */
export interface CurrentRunner {
  readonly version: string;
  readonly sha256: string;
}

/** Lines of `key=value`, like all answers that the boot script reads. */
export const currentLines = ({ version, sha256, architecture }: RunnerArchive) =>
  `version=${version}\nsha256=${sha256}\narchive=${archiveName(version, architecture)}\n`;

/** Undefined: not such a file. */
export function parseCurrentLines(text: string): CurrentRunner | undefined {
  const version = /^version=(\d+\.\d+\.\d+)$/m.exec(text)?.[1];
  const sha256 = /^sha256=([0-9a-f]{64})$/m.exec(text)?.[1];
  return version && sha256 ? { version, sha256 } : undefined;
}
