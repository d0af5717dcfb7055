import type { CurrentRunner } from '../contract/runner-binaries.ts';
import type { RunnerArchive } from '../core/runner-release.ts';
import type { Architecture } from '../core/tier.ts';

/** The platform's own store of runner programs, from which machines install theirs. May throw OperationalError. */
export interface RunnerBinaries {
  /** What machines of this architecture are told to use; undefined: nothing yet. */
  current(architecture: Architecture): Promise<CurrentRunner | undefined>;
  /**
   * The whole archive or nothing of it. `mismatch`: the bytes were not those that length and checksum promise, and
   * nothing was stored. What the pieces throw is thrown.
   */
  store(archive: RunnerArchive, pieces: AsyncIterable<Uint8Array>): Promise<'stored' | 'mismatch'>;
  /** From now on machines use this archive, which must be stored. */
  makeCurrent(archive: RunnerArchive): Promise<void>;
  /**
   * Removes what neither is `current` nor was stored last before it: a machine may have been told of that one a moment
   * ago. Answers with the names of the archives that are gone.
   */
  removeOld(architecture: Architecture): Promise<readonly string[]>;
  /** The version for which an image was last asked for; undefined: none was. */
  imageNote(architecture: Architecture): Promise<string | undefined>;
  noteImage(architecture: Architecture, version: string): Promise<void>;
}
