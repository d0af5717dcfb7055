/** A secret's values. Cached for 5 minutes; a caller that met an unknown signature may ask for a refresh, at most once a minute. */
export interface Secret {
  /** The current value first, then the previous one if there is one. */
  values(): Promise<readonly string[]>;
  /** Reads again if the last read is more than a minute old. True if it read. */
  refresh(): Promise<boolean>;
}
