/**
 * Why a job waits, was refused or expired: a code for machines and a sentence for people. Each sentence says what
 * was given, what is allowed, and how to fix it. Stored with the job and shown as it is.
 */
export type ReasonCode =
  | 'queued'
  | 'tenant-unknown'
  | 'tenant-pending'
  | 'tenant-suspended'
  | 'tenant-deleted'
  | 'predecessor-draining'
  | 'tenant-limit'
  | 'tier-limit'
  | 'tier-not-allowed'
  | 'labels-unknown'
  | 'owner-mismatch'
  | 'repository-removed'
  | 'repository-not-allowed'
  | 'admission-pending'
  | 'controller-rejected'
  | 'controller-unavailable'
  | 'public-repository'
  | 'repository-not-in-group'
  | 'group-unknown'
  | 'group-missing'
  | 'groups-unavailable'
  | 'permission-missing'
  | 'github-limited'
  | 'shared-cap'
  | 'launch-rate'
  | 'spend-cap'
  | 'waiting-cap'
  | 'blocked-cap'
  | 'capacity'
  | 'quota'
  | 'throttled'
  | 'launch-failed'
  | 'runner-ended'
  | 'runner-taken'
  | 'runner-taken-by-unknown-job'
  | 'runners-lost'
  | 'gone-from-github'
  | 'run-ended'
  | 'github-refused'
  | 'waited-too-long';

/** What codes in rows that older versions wrote are called now. */
const renamed: ReadonlyMap<string, ReasonCode> = new Map([['runner-stolen', 'runner-taken-by-unknown-job']]);

/** The code in a stored row. A newer version may have written one that this version does not know. */
export const storedCode = (code: string): ReasonCode => renamed.get(code) ?? (code as ReasonCode);

export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
}

export const reason = (code: ReasonCode, text: string): Reason => ({ code, text });

/** A job is given a machine, or a more specific reason than `queued`, well before this. Later, its wait is unexplained. */
export const unexplainedSeconds = 300;
