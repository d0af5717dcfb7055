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

/** The parts of a job that decide which scopes it is in. */
export interface ScopedJob {
  readonly tier: TierName;
  readonly repositoryId: number | undefined;
  /** The runner group in which its machine registers. Absent: it registers with the repository. */
  readonly group?: string;
}

/** Every target that a job is in. */
export function targetsOver({ tier, group, repositoryId }: ScopedJob): ScopeTarget[] {
  return [
    { kind: 'installation' },
    { kind: 'tier', tier },
    ...(group === undefined
      ? []
      : ([
          { kind: 'group', group },
          { kind: 'group-tier', group, tier },
        ] as const)),
    ...(repositoryId === undefined ? [] : ([{ kind: 'repository', repositoryId }] as const)),
    ...(repositoryId === undefined || group !== undefined
      ? []
      : ([{ kind: 'repository-tier', repositoryId, tier }] as const)),
  ];
}

export const covers = (target: ScopeTarget, job: ScopedJob): boolean =>
  targetsOver(job).some((over) => isSameTarget(over, target));

export const isSameTarget = (one: ScopeTarget, other: ScopeTarget): boolean =>
  targetText(one) === targetText(other);

/** The same for the same target, whatever the order of its fields. GitHub's group names are case-insensitive. */
export const targetText = (target: ScopeTarget) =>
  JSON.stringify([
    target.kind,
    'tier' in target ? target.tier : undefined,
    'group' in target ? target.group.toLowerCase() : undefined,
    'repositoryId' in target ? target.repositoryId : undefined,
  ]);
