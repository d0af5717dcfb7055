import type { Gate } from '../core/controllers/decision.ts';
import type { JobFacts } from '../core/controllers/facts.ts';
import type { InstallationId } from '../core/ids.ts';

export interface Callback {
  /** The tenant whose job it is about; the controller may be the operator's. */
  readonly installationId: InstallationId;
  readonly url: string;
  /** What signs it: two while they are rotated. As Standard Webhooks writes them. */
  readonly secrets: readonly string[];
  readonly timeoutMilliseconds: number;
  readonly body: CallbackBody;
}

export interface CallbackBody {
  readonly type: 'admission.request';
  /** Comes back in the answer; the same when the call is repeated. */
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly gate: Gate;
  readonly controller: string;
  readonly facts: JobFacts;
}

/** failed: no answer in time (isTimeout), or no valid one; `why` is for the decision's record. */
export type CallbackAnswer =
  | { readonly kind: 'answered'; readonly vote: 'admit' | 'reject'; readonly reason?: string }
  | { readonly kind: 'failed'; readonly why: string; readonly isTimeout?: boolean };

/** Asks a controller by its URL. Never throws, and never takes longer than the timeout. */
export interface Callbacks {
  ask(callback: Callback): Promise<CallbackAnswer>;
}
