import type { CurrentRunner } from '../contract/runner-binaries.ts';
import type { RunnerArchive } from '../core/runner-release.ts';
import type { Architecture } from '../core/tier.ts';

/** The platform's own store of runner programs, from which machines install theirs. May throw OperationalError. */
export interface RunnerBinaries {
  /** The archive that machines of this architecture use; undefined: none yet. */
  current(architecture: Architecture): Promise<CurrentRunner | undefined>;
  /**
   * Stores the whole archive or nothing. `mismatch`: the bytes did not match the length or the checksum, and nothing
   * was stored. Errors of the stream are thrown.
   */
  store(archive: RunnerArchive, pieces: AsyncIterable<Uint8Array>): Promise<'stored' | 'mismatch'>;
  /** From now on machines use this archive, which must be stored. */
  makeCurrent(archive: RunnerArchive): Promise<void>;
  /**
   * Removes all archives but the current one and the one stored before it, which a machine may still be using. Returns
   * the names of the removed archives.
   */
  removeOld(architecture: Architecture): Promise<readonly string[]>;
  /** The version for which an image was last asked for; undefined: none was. */
  imageNote(architecture: Architecture): Promise<string | undefined>;
  noteImage(architecture: Architecture, version: string): Promise<void>;
}
