/** What the controllers decided about one job at one gate. */
import type { InstallationId, JobId } from '../ids.ts';

/** queue: before a machine is bought. start: on the machine, before the first step. */
export type Gate = 'queue' | 'start';

/** failed: no answer in time, or an unreadable one. exempt: the repository is exempt from this controller. */
export type Vote = 'admit' | 'reject' | 'failed' | 'exempt';

export interface ControllerVote {
  readonly controllerId: string;
  readonly owner: InstallationId;
  readonly vote: Vote;
  /** Why, in the controller's or the rule's own words, bounded and printable. */
  readonly reason?: string;
  /** false: it is in dry run, and its vote decides nothing. */
  readonly enforced: boolean;
  readonly milliseconds: number;
}

/** failed-open: an enabled one failed, and its policy admits. unavailable: one failed, and its policy rejects. */
export type DecisionOutcome = 'admitted' | 'rejected' | 'failed-open' | 'unavailable';

export interface Decision {
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  /** `owner/name` at that time. */
  readonly repository: string;
  readonly gate: Gate;
  /** The tenant's policy epoch in which it was made: one of an older epoch no longer counts. 0: no controllers in force. */
  readonly epoch: number;
  /** The platform's, while it has controllers in force. */
  readonly platformEpoch?: number;
  readonly outcome: DecisionOutcome;
  readonly votes: readonly ControllerVote[];
  /** ISO 8601. */
  readonly decidedAt: string;
}

/** Two decisions of one moment belong to two policies, the later one after the earlier. */
export const decidedWhen = ({ decidedAt, epoch }: Decision): string =>
  `${decidedAt}#${String(epoch).padStart(10, '0')}`;

/** Its place among all decisions of the tenant, by time: what the API's pages begin after. */
export const placeOfDecision = (decision: Decision): string =>
  `${decidedWhen(decision)}#${decision.jobId}#${decision.gate}`;
export const decisionPlace = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{10}#[1-9]\d{0,14}#(?:queue|start)$/;

/**
 * Whether the audit records it: also a dry-run vote that would have rejected, and an exemption that was
 * used.
 */
export const isAudited = ({ outcome, votes }: Pick<Decision, 'outcome' | 'votes'>): boolean =>
  outcome !== 'admitted' || votes.some(({ vote }) => vote === 'reject' || vote === 'exempt');
