/** GitHub's releases in memory, with dials: bytes that are garbled on the way, a download that breaks off. */
import { createHash } from 'node:crypto';
import { archiveName, type ReleasedFile, type RunnerRelease } from '../../lib/core/runner-release.ts';
import type { Architecture } from '../../lib/core/tier.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import type { RunnerReleases } from '../../lib/ports/runner-releases.ts';
import { copyOf } from './copy.ts';

export interface MemoryRunnerReleases extends RunnerReleases {
  /** From now on it is the current one. */
  publish(release: Partial<RunnerRelease> & { readonly version: string }): void;
  /** garble: one byte of each download is another. interrupt: it breaks off. */
  dial: 'garble' | 'interrupt' | undefined;
  /** How many downloads were begun. */
  readonly downloads: number;
}

const architectures: readonly Architecture[] = ['x64', 'arm64'];

/** What the archive of a published release holds. */
export const archiveBytes = (version: string, architecture: Architecture) =>
  Buffer.from(`the runner program ${version} for ${architecture}`);

export function createMemoryRunnerReleases(): MemoryRunnerReleases {
  const releases: RunnerRelease[] = [];
  const releasesPort: MemoryRunnerReleases & { downloads: number } = {
    dial: undefined,
    downloads: 0,
    publish({ version, notes = '', files = architectures.map((each) => fileOf(version, each)) }) {
      releases.push({ version, notes, files });
    },
    async find(version) {
      const found =
        version === undefined ? releases.at(-1) : releases.find((each) => each.version === version);
      return copyOf(found);
    },
    async *download({ version, architecture }) {
      releasesPort.downloads += 1;
      const bytes = archiveBytes(version, architecture);
      if (releasesPort.dial === 'garble') bytes[0] = 0;
      yield bytes.subarray(0, 10);
      if (releasesPort.dial === 'interrupt') {
        throw new OperationalError('The download broke off.', { code: 'Interrupted', retryable: true });
      }
      yield bytes.subarray(10);
    },
  };
  return releasesPort;
}

function fileOf(version: string, architecture: Architecture): ReleasedFile {
  const bytes = archiveBytes(version, architecture);
  const name = archiveName(version, architecture);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { name, url: `https://github.com/actions/runner/${name}`, bytes: bytes.length, digest };
}
