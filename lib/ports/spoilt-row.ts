import type { InstallationId } from '../core/ids.ts';
import type { OperationalError } from './errors.ts';

/** A row that cannot be read, since a hand edited it. */
export interface SpoiltRow {
  /** Its own key: of a launch, a machine, or a machine's use. */
  readonly key: string;
  /** Whose it is, as far as that can be told. */
  readonly installationId?: InstallationId;
  /** Names the row, the attribute, what is allowed, and how to correct it. */
  readonly error: OperationalError;
}
