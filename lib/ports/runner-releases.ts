import type { RunnerArchive, RunnerRelease } from '../core/runner-release.ts';

/** GitHub's public releases of the runner program. Every method may throw OperationalError. */
export interface RunnerReleases {
  /** Of this version, or else the current one. Undefined: there is no such release. */
  find(version?: string): Promise<RunnerRelease | undefined>;
  /** The archive's bytes, streamed and unchecked. It may throw at any chunk. */
  download(archive: RunnerArchive): AsyncIterable<Uint8Array>;
}
