import type { InstallationId } from '../core/ids.ts';

/** Who changed a tenant's policy, and how. Rows are added, and never changed. May throw OperationalError. */
export interface Audit {
  /**
   * Compares a tenant's policy with what was recorded last. A difference was made without a record, for example with the AWS
   * CLI: it is recorded now, as `changed-outside`, once. Undefined: there is none, or the row is changing right now.
   */
  recordOutsideChange(installationId: InstallationId, at: string): Promise<OutsideChange | undefined>;
  /** Records that a runner group's repositories are updated; the same change once an hour. It makes no version of the policy. */
  recordGroupChange(change: GroupChange): Promise<void>;
}

export interface GroupChange {
  readonly installationId: InstallationId;
  readonly login: string;
  /** ISO 8601. */
  readonly at: string;
  readonly group: string;
  /** GitHub's ids of the repositories that it admitted, and of those that it is to. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export interface OutsideChange {
  /** first-recorded: nothing was recorded about the tenant before. */
  readonly action: 'changed-outside' | 'first-recorded';
  readonly version: number;
  /** The attributes that differ. */
  readonly attributes: readonly string[];
}
