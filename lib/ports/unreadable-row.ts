import type { InstallationId } from '../core/ids.ts';
import type { OperationalError } from './errors.ts';

/** A row that cannot be read because of a manual edit. */
export interface UnreadableRow {
  /** Its own key: of a launch, a machine, or a machine's use. */
  readonly key: string;
  /** The tenant, if it can be determined. */
  readonly installationId?: InstallationId;
  /** Names the row, the attribute, what is allowed, and how to correct it. */
  readonly error: OperationalError;
}
