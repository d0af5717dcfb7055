/**
 * Short-lived memory that all copies of all functions share: empty pools, budgets, paces, cursors. A note is small, has a
 * name, and expires. Losing all notes loses no job and frees no lease. Throws OperationalError.
 */
export interface Notes {
  /** The notes of these names that have not expired, by name. Reads consistently; at most 100 names. */
  read(names: readonly string[], now: number): Promise<ReadonlyMap<string, Note>>;
  /**
   * The same at half the price, for hints: something written within about the last second may be missing, or be an
   * older version. Not for a caller that was woken because the note changed, and not to read a version to write over.
   */
  glance(names: readonly string[], now: number): Promise<ReadonlyMap<string, Note>>;
  /** Overwrites an existing note. */
  write(name: string, note: { readonly value: NoteValue; readonly expiresAt: number }): Promise<void>;
  /**
   * Writes only if the note is still at the version that was read; 0: it was not there, or expired by `now`. False:
   * somebody else wrote meanwhile.
   */
  writeIf(
    name: string,
    note: {
      readonly value: NoteValue;
      readonly expiresAt: number;
      readonly version: number;
      readonly now: number;
    },
  ): Promise<boolean>;
  /**
   * Overwrites the note, whoever wrote it last, if it has not expired by `now`; its expiry does not change. False:
   * there is none.
   */
  writeWhile(name: string, note: { readonly value: NoteValue; readonly now: number }): Promise<boolean>;
}

export interface Note {
  readonly value: NoteValue;
  /** Epoch milliseconds; not shown from then on. */
  readonly expiresAt: number;
  /** At least 1; grows with each write. */
  readonly version: number;
}

/** What JSON can hold, as an object. */
export type NoteValue = Readonly<Record<string, unknown>>;
