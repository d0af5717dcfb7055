/**
 * The result of `mayfly explain`: the verdict in one line, what comes next and when, how to fix it, the job's timeline, and
 * what was looked at. Plain data, for text and JSON output.
 */
import type { ReasonCode } from '../../core/reason.ts';

/** The codes of stored reasons, and those that follow from the present state. */
export type VerdictCode =
  | ReasonCode
  /** Waiting, and nothing explains it. */
  | 'tier-removed'
  | 'not-acted-on'
  | 'drained'
  | 'approval'
  /** A machine is meant for it. */
  | 'launching'
  | 'launch-unanswered'
  | 'launch-lost'
  | 'machine-missing'
  | 'booting'
  | 'boot-overdue'
  | 'registering'
  | 'listening'
  | 'not-assigned'
  | 'machine-ended'
  | 'row-unreadable'
  /** It runs, or did. */
  | 'running'
  | 'running-elsewhere'
  | 'unsettled'
  | 'over-time'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'reopening'
  | 'closing'
  /** The platform has no row for the job. */
  | 'not-asked'
  | 'not-on-github'
  | 'not-installed'
  | 'installation-unknown'
  | 'webhook-failed'
  | 'webhook-delivered'
  | 'webhook-missing'
  | 'dead-letter'
  | 'group-only'
  | 'hosted-by-github'
  | 'unheard-running'
  | 'unheard-over';

/** Who can change it. nobody: it passes by itself, or is intended. */
export type Actor = 'nobody' | 'operator' | 'owner' | 'author';

export interface Estimate {
  /** From now. */
  readonly seconds: number;
  readonly basis: string;
}

export interface TimelineEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

export interface Verdict {
  readonly code: VerdictCode;
  /** One line. */
  readonly line: string;
  readonly next: string;
  readonly estimate?: Estimate;
  /** Absent: there is nothing to fix. */
  readonly fix?: string;
  readonly who: Actor;
}

export interface Explanation extends Verdict {
  readonly timeline: readonly TimelineEntry[];
  readonly checked: readonly string[];
}

/** Whether someone must act: then `mayfly explain` exits with 1. */
export const needsSomebody = ({ who }: Verdict) => who !== 'nobody';
