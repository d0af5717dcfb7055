/**
 * Where a controller is asked. Scopes apply downward: the installation's to all of its jobs, a group's to all jobs whose
 * machines register in it, and so on. A controller without a scope is never asked.
 */
import type { TierName } from '../ids.ts';

export type ScopeTarget =
  | { readonly kind: 'installation' }
  /** Jobs of one tier, wherever they register. */
  | { readonly kind: 'tier'; readonly tier: TierName }
  /** Jobs whose machines register in the organization's runner group of this name. */
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'group-tier'; readonly group: string; readonly tier: TierName }
  /** By GitHub's id, which a rename does not change. */
  | { readonly kind: 'repository'; readonly repositoryId: number }
  /** Jobs of one tier whose machines register with this repository. */
  | { readonly kind: 'repository-tier'; readonly repositoryId: number; readonly tier: TierName };

export type ScopeKind = ScopeTarget['kind'];

export interface ControllerScope {
  /** `scp_` and 16 letters and digits. */
  readonly id: string;
  readonly target: ScopeTarget;
  /** ISO 8601. */
  readonly createdAt: string;
}
