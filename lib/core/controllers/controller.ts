/**
 * An admission controller: it may forbid a tenant's job to run. A tenant manages its own; those of the
 * platform's operator apply to all tenants and are kept under `platformOwner`. What may be stored is
 * checked where a change is written, never when a job waits.
 */
import { InstallationId } from '../ids.ts';
import type { ControllerScope } from './scope.ts';

/** Owner of the controllers that judge every tenant's jobs. GitHub numbers installations from 1. */
export const platformOwner = InstallationId(0);

/** disabled: never asked. dry_run: asked and recorded, never blocks. enabled: without its yes no job in its scopes runs. */
export type ControllerState = 'disabled' | 'enabled' | 'dry_run';

/** What applies if it does not answer validly in time. */
export type FailurePolicy = 'reject' | 'admit';

/** A CEL expression over the facts of a job: if it is true, the job is rejected with the rule's reason. */
export interface Rule {
  readonly reject: string;
  readonly reason: string;
}

/**
 * rules: evaluated here. https: asked by a signed callback. poll: it fetches questions and posts decisions.
 */
export type Transport =
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] }
  | { readonly kind: 'https'; readonly url: string }
  | { readonly kind: 'poll' };

export interface Controller {
  readonly owner: InstallationId;
  /** `ctl_` and 16 letters and digits. */
  readonly id: string;
  readonly description: string;
  readonly state: ControllerState;
  readonly transport: Transport;
  readonly onFailure: FailurePolicy;
  readonly timeoutMilliseconds: number;
  /**
   * A CEL expression: the controller is asked only about jobs for which it is true. Absent: about all in
   * its scopes.
   */
  readonly match?: string;
  /** GitHub's ids of repositories that it is never asked about. */
  readonly exemptRepositories: readonly number[];
  /** Which jobs it is asked about. Empty: none. */
  readonly scopes: readonly ControllerScope[];
  /** Grows with each change; `If-Match` names it. */
  readonly version: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

export const controllerBounds = {
  descriptionCharacters: 1024,
  urlCharacters: 2048,
  rulesEach: 20,
  expressionCharacters: 2048,
  reasonCharacters: 512,
  timeoutMilliseconds: { least: 500, most: 10_000, default: 5_000 },
  exemptRepositories: 10,
  tokensEach: 5,
  scopesEach: 100,
  controllersEach: 20,
  /** Controllers that any one job may have to pass. */
  controllersOfOneJob: 8,
  /** Of all expressions of one owner that any one job may have to pass, for reading and evaluating them. */
  stepsOfOneJob: 60_000,
  decisionDays: 30,
  /** A controller whose token was used within it counts as connected. */
  connectedSeconds: 3600,
} as const;

/** All controllers of one owner at one moment. */
export interface ControllerPolicy {
  readonly owner: InstallationId;
  /** Grows with each change of any of them, and decisions of older epochs no longer count. 0: it never had one. */
  readonly epoch: number;
  readonly controllers: readonly Controller[];
}

/** Whether it is ever asked. */
export const isInForce = ({ state, scopes }: Controller) => state !== 'disabled' && scopes.length > 0;
