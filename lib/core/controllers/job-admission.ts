/**
 * The controllers' decision at the queue gate, as a job's row stores it. It counts only for the policy under which it was
 * made: a change of any controller starts a new one, and the job is asked about again.
 */
import type { Gate } from './decision.ts';

export interface JobAdmission {
  /** The policy that it was made under; see `policyMark`. */
  readonly policy: string;
  /**
   * asked: not all obeyed controllers have answered. unavailable: one failed, and its failure policy rejects; it is
   * asked again at `againAt`, or, if that is absent, not again. failed-open: one failed, and its failure policy
   * admits.
   */
  readonly state: 'asked' | 'admitted' | 'rejected' | 'failed-open' | 'unavailable';
  /** Who rejected it, or failed. */
  readonly controllerId?: string;
  /** It is one of the operator's; tenants see only its reason. */
  readonly ofPlatform?: boolean;
  /** In that controller's or its rule's own words. Asked: why GitHub's facts about the run are missing. */
  readonly reason?: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Asked, or unavailable: from then on (epoch milliseconds) it is asked about again. */
  readonly againAt?: number;
  /** How often in a row a controller was unavailable. */
  readonly failures?: number;
  /** The round of questions to external controllers. Absent: none had to be asked. */
  readonly round?: AskingRound;
}

/**
 * Each controller is asked once in a round. A controller in dry run may still answer after the others have
 * decided.
 */
export interface AskingRound {
  /** When it began, epoch milliseconds. */
  readonly at: number;
  /** The gate that asks. */
  readonly gate: Gate;
}

/** Which epochs judge a tenant's jobs. */
export interface PolicyEpochs {
  /** Absent: no controller of its own is in force. */
  readonly admissionEpoch?: number;
  /** Absent: no platform-wide controller is in force. */
  readonly platformEpoch?: number;
}

/** The same for the same policies, and never reused for others. Undefined: no controller is in force. */
export function policyMark({ admissionEpoch, platformEpoch }: PolicyEpochs): string | undefined {
  if (admissionEpoch === undefined && platformEpoch === undefined) return undefined;
  return `${admissionEpoch ?? '-'}.${platformEpoch ?? '-'}`;
}

/**
 * Whether either part of the policy has changed since: epochs only grow. If a part is not in force, this cannot be
 * known.
 */
export function isOlderThan(policy: string, admission: JobAdmission | undefined): boolean {
  const parts = policy.split('.').map(Number);
  const others = admission?.policy.split('.').map(Number) ?? [];
  return parts.some((epoch, n) => epoch < (others[n] ?? Number.NaN));
}

/** Whether it was made under another policy of the platform than this. */
export const isOfOtherPlatformPolicy = ({ policy }: JobAdmission, { platformEpoch }: PolicyEpochs): boolean =>
  policy.split('.')[1] !== `${platformEpoch ?? '-'}`;

/** Whether the job needs another look before it can have a machine. */
export function needsDecision(
  admission: JobAdmission | undefined,
  mark: string | undefined,
  now: number,
): boolean {
  if (mark === undefined) return false;
  // A caller that knows an older policy than the row does leaves it to others.
  if (admission?.policy !== mark) return !isOlderThan(mark, admission);
  const isOpen = admission.state === 'asked' || admission.state === 'unavailable';
  return isOpen && admission.againAt !== undefined && admission.againAt <= now;
}

/** While GitHub is asked about the run, the reason says so; controllers are not asked before that time. */
export const isWaitingForGitHub = ({ state, reason, againAt }: JobAdmission, now: number): boolean =>
  state === 'asked' && reason !== undefined && againAt !== undefined && now < againAt;

/** From one failure to the next look, doubling. After the last one the job is refused. */
const againSeconds = [30, 60, 120, 240, 480, 600];

/** @param failures how many in a row, including this one. Undefined: it was the last */
export function afterFailure(failures: number, now: number): number | undefined {
  const seconds = againSeconds[failures - 1];
  return seconds === undefined ? undefined : now + seconds * 1000;
}
