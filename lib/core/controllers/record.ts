/**
 * What the audit records about a change of controllers or tokens. It contains no secret, and of a token
 * only its id.
 */
export interface ControllerRecord {
  /** ISO 8601. */
  readonly at: string;
  /** The ARN of the person who ran a command, or `token tok_…` of the API's caller. */
  readonly who: string;
  /** Of the tenant; empty for the platform's own controllers. */
  readonly login: string;
  readonly action: ControllerAction;
  readonly reason?: string;
  /** What changed, before and after, by name: `state`, `rules`, … Absent in one of them: it did not exist. */
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  /** Different for each change: a change that is recorded twice by mistake is stored once. */
  readonly id: string;
}

export type ControllerAction =
  | 'controller-created'
  | 'controller-updated'
  | 'controller-state-changed'
  | 'controller-deleted'
  | 'controller-scope-added'
  | 'controller-scope-removed'
  | 'controller-secret-rotated'
  | 'controller-token-created'
  | 'controller-token-rotated'
  | 'controller-token-revoked';
