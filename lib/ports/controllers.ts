import type { Controller, ControllerPolicy } from '../core/controllers/controller.ts';
import type { Decision } from '../core/controllers/decision.ts';
import type { StoredToken } from '../core/controllers/token.ts';
import type { InstallationId, JobId } from '../core/ids.ts';

/** Admission controllers, their tokens and decisions. Every method may throw OperationalError. */
export interface ControllerStore {
  /** One consistent read. */
  policyOf(owner: InstallationId): Promise<ControllerPolicy>;
  /**
   * Stores controllers, removes others together with their tokens' right to anything, and moves the epoch on by one, in one
   * transaction that fails with `changed` where the epoch is no longer `from.epoch`. The tenant's row learns the epoch in
   * the same transaction: absent there while no controller is enabled or in dry run.
   */
  save(
    from: ControllerPolicy,
    change: { readonly put: readonly Controller[]; readonly remove: readonly string[] },
  ): Promise<'saved' | 'changed'>;

  tokensOf(owner: InstallationId): Promise<readonly StoredToken[]>;
  token(owner: InstallationId, id: string): Promise<StoredToken | undefined>;
  /** Adds `put` and revokes `remove` in one transaction. */
  changeTokens(
    owner: InstallationId,
    change: { readonly put: readonly StoredToken[]; readonly remove: readonly string[] },
  ): Promise<void>;
  noteTokenUse(owner: InstallationId, id: string, at: string): Promise<void>;

  /** Kept for `decisionDays`. */
  recordDecisions(decisions: readonly Decision[]): Promise<void>;
  /** Of one job, newest first. */
  decisionsOfJob(owner: InstallationId, jobId: JobId): Promise<readonly Decision[]>;
  /** Newest first, a page at a time. */
  decisionsSince(
    owner: InstallationId,
    page: { readonly since: string; readonly limit: number; readonly after?: string },
  ): Promise<{ readonly decisions: readonly Decision[]; readonly next?: string }>;
}
