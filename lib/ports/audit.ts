import type { InstallationId } from '../core/ids.ts';

/** What is known of who changed a tenant's policy, and how. Rows are added, and never changed. May throw OperationalError. */
export interface Audit {
  /**
   * Compares a tenant's policy with what was recorded last, by whoever changed it. A difference was written by somebody who
   * records nothing, such as the AWS CLI: it is recorded now, as `changed-outside`, once. Undefined: there is none, or the
   * row changes at this moment.
   */
  recordOutsideChange(installationId: InstallationId, at: string): Promise<OutsideChange | undefined>;
}

export interface OutsideChange {
  /** first-recorded: nothing was recorded of the tenant before. */
  readonly action: 'changed-outside' | 'first-recorded';
  readonly version: number;
  /** The attributes that differ. */
  readonly attributes: readonly string[];
}
