import type { Controller, ControllerPolicy } from '../core/controllers/controller.ts';
import type { Decision } from '../core/controllers/decision.ts';
import type { ControllerRecord } from '../core/controllers/record.ts';
import type { SigningSecret } from '../core/controllers/secret.ts';
import type { StoredToken } from '../core/controllers/token.ts';
import type { InstallationId, JobId } from '../core/ids.ts';

/** Admission controllers, their tokens, secrets and decisions. Every method may throw OperationalError. */
export interface ControllerStore {
  /** A consistent view of all controllers, no older than the call. */
  policyOf(owner: InstallationId): Promise<ControllerPolicy>;
  /** The epoch of the platform's policy, while any controller of it is in force. One row, read consistently. */
  platformEpoch(): Promise<number | undefined>;
  /**
   * Stores controllers, removes others with their secrets, invalidates their tokens, and increments the epoch, in
   * one transaction that fails with `changed` if the epoch is no longer `from.epoch`. The same transaction writes
   * the epoch into the tenant's row: absent there while no controller is in force. `put` and `remove` name at most
   * `controllersEach` controllers. Throws where the owner is neither the platform nor a tenant.
   */
  save(from: ControllerPolicy, change: PolicyWrites): Promise<'saved' | 'changed'>;

  /** The tokens of all existing controllers, and of the owner's administrators. */
  tokensOf(owner: InstallationId): Promise<TokenList>;
  /** Also undefined if its controller is gone. */
  token(owner: InstallationId, id: string): Promise<StoredToken | undefined>;
  /** Adds or replaces `put` and revokes `remove` in one transaction, if nobody else changed a token since `from` was read. */
  changeTokens(from: TokenList, change: TokenWrites): Promise<'saved' | 'changed'>;
  /** Writes nothing if the token was revoked. */
  noteTokenUse(owner: InstallationId, id: string, at: string): Promise<void>;

  /** Newest last. */
  secretsOf(owner: InstallationId, controllerId: string): Promise<readonly SigningSecret[]>;
  /**
   * Replaces the secrets that were read with these. changed: there are others by now, or the controller does not
   * exist.
   */
  saveSecrets(
    owner: InstallationId,
    controllerId: string,
    change: SecretWrites,
  ): Promise<'saved' | 'changed'>;

  /** Kept for `decisionDays`. One of the same job, gate, policy and moment is recorded once. */
  recordDecisions(decisions: readonly Decision[]): Promise<void>;
  /** Of one job, newest first; at most 100. */
  decisionsOfJob(owner: InstallationId, jobId: JobId): Promise<readonly Decision[]>;
  /** Newest first, a page at a time. */
  decisionsSince(owner: InstallationId, page: DecisionPage): Promise<DecisionsFound>;
}

/** `record`: for the audit, in the same transaction. Every use case gives one. */
export interface PolicyWrites {
  readonly put: readonly Controller[];
  /** Ids. */
  readonly remove: readonly string[];
  readonly record?: ControllerRecord;
}

/** An owner's tokens, as they stood at one moment. */
export interface TokenList {
  readonly owner: InstallationId;
  /** Grows with each change of them. 0: there never was one. */
  readonly version: number;
  readonly tokens: readonly StoredToken[];
}

export interface TokenWrites {
  readonly put: readonly StoredToken[];
  /** Ids. */
  readonly remove: readonly string[];
  readonly record?: ControllerRecord;
}

export interface SecretWrites {
  /** As they were read. */
  readonly from: readonly SigningSecret[];
  readonly put: readonly SigningSecret[];
  readonly record?: ControllerRecord;
}

export interface DecisionPage {
  /** ISO 8601. */
  readonly since: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface DecisionsFound {
  readonly decisions: readonly Decision[];
  /** Absent: these were the last. */
  readonly next?: string;
}
