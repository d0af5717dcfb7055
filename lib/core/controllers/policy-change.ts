/** The changes that can be requested for a tenant's controllers, and why they may be refused. */
import type { TierName } from '../ids.ts';
import type { Controller, ControllerPolicy } from './controller.ts';
import type { ScopeTarget } from './scope.ts';

/** What people decide about a controller. */
export type ControllerSettings = Pick<
  Controller,
  'description' | 'state' | 'transport' | 'onFailure' | 'timeoutMilliseconds' | 'match' | 'exemptRepositories'
>;

/** An empty `match` removes it. */
export type SettingChanges = Partial<ControllerSettings>;

/** `version`: what `If-Match` names; absent: whatever it is. */
export type PolicyChange =
  | { readonly kind: 'create'; readonly id: string; readonly settings: SettingChanges }
  | {
      readonly kind: 'update';
      readonly id: string;
      readonly version?: number;
      readonly settings: SettingChanges;
    }
  | { readonly kind: 'delete'; readonly id: string; readonly version?: number }
  | {
      readonly kind: 'add-scope';
      readonly id: string;
      readonly version?: number;
      readonly scopeId: string;
      readonly target: ScopeTarget;
    }
  | {
      readonly kind: 'remove-scope';
      readonly id: string;
      readonly version?: number;
      readonly scopeId: string;
    };

/** What the change is checked against. */
export interface ChangeContext {
  /** ISO 8601. */
  readonly at: string;
  readonly targets: KnownTargets;
  /** What is wrong with a CEL expression. Undefined: it compiles, to a boolean, within the bounds. */
  readonly faultOf: (expression: string) => string | undefined;
  /** What reading and evaluating a CEL expression takes at most. */
  readonly stepsOf: (expression: string) => number;
  /** The laptop's, where controllers listen without a certificate. Default: false. */
  readonly allowsLoopback?: boolean;
}

/** What the owner's scopes may name. */
export interface KnownTargets {
  readonly tiers: readonly TierName[];
  /** Names of the organization's runner groups. Absent: it has none, or they cannot be read. */
  readonly groups?: readonly string[];
  /** GitHub's ids of those of the tenant's repositories that the change names; more do no harm. */
  readonly repositoryIds: ReadonlySet<number>;
}

/** missing: 404. outdated: 412. conflict: 409. invalid: 422. */
export type FaultKind = 'missing' | 'outdated' | 'conflict' | 'invalid';

export interface PolicyFault {
  readonly kind: FaultKind;
  readonly code:
    | 'no-such-controller'
    | 'no-such-scope'
    | 'version-differs'
    | 'id-taken'
    | 'too-many-controllers'
    | 'too-many-scopes'
    | 'too-many-on-one-job'
    | 'too-many-steps-on-one-job'
    | 'duplicate-scope'
    | 'installation-excludes-narrower'
    | 'foreign-target'
    | 'invalid-setting';
  /**
   * The setting at fault, as the API names it: `timeoutMilliseconds`, `target`. Absent: none in particular.
   */
  readonly field?: string;
  /** What was given, what is allowed. */
  readonly text: string;
}

export interface ChangedPolicy {
  readonly policy: ControllerPolicy;
  /** As `ControllerStore.save` takes them. */
  readonly put: readonly Controller[];
  readonly remove: readonly string[];
  /** The controller that was changed, as it is now; of a deleted one, as it was. */
  readonly controller: Controller;
  /** The controller before the change. Absent: it is new. */
  readonly before?: Controller;
}

export type PolicyChangeResult =
  | ({ readonly kind: 'changed' } & ChangedPolicy)
  | { readonly kind: 'fault'; readonly fault: PolicyFault };

export const policyFault = (
  kind: FaultKind,
  code: PolicyFault['code'],
  text: string,
  field?: string,
): PolicyFault => ({ kind, code, text, ...(field === undefined ? {} : { field }) });
