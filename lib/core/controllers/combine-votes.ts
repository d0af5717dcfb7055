/**
 * Combines several votes about a job: all enabled controllers must admit it. One rejection is enough,
 * whatever the others decide; a failure counts by its controller's failure policy. Dry runs decide nothing.
 */
import type { Controller } from './controller.ts';
import type { ControllerVote, DecisionOutcome } from './decision.ts';

export interface Voted {
  readonly controller: Controller;
  readonly vote: ControllerVote;
}

export interface Combined {
  readonly outcome: DecisionOutcome;
  /** Whose vote decided, unless it is an admission. */
  readonly by?: Voted;
}

/** @param votes in the order in which their controllers are named as the reason */
export function combineVotes(votes: readonly Voted[]): Combined {
  const obeyed = votes.filter(({ vote }) => vote.enforced);
  const rejecting = obeyed.find(({ vote }) => vote.vote === 'reject');
  if (rejecting) return { outcome: 'rejected', by: rejecting };
  const failed = obeyed.filter(({ vote }) => vote.vote === 'failed');
  const closed = failed.find(({ controller }) => controller.onFailure === 'reject');
  if (closed) return { outcome: 'unavailable', by: closed };
  const [open] = failed;
  return open ? { outcome: 'failed-open', by: open } : { outcome: 'admitted' };
}
