/** Which scopes may name something that no longer exists: a tier, a runner group, a repository. */
import type { TierName } from '../ids.ts';
import type { Controller } from './controller.ts';
import type { ControllerScope, ScopeTarget } from './scope.ts';

/** What is known about a tenant's targets. Absent: nothing, so nothing counts as lost. */
export interface TargetsSeen {
  readonly tiers: readonly TierName[];
  /** By name, as scopes spell it: whether GitHub has the group. */
  readonly groups?: ReadonlyMap<string, boolean>;
  /** By GitHub's id: whether the installation reaches the repository. */
  readonly repositories?: ReadonlyMap<number, boolean>;
}

export interface LostScope {
  readonly controller: Controller;
  readonly scope: ControllerScope;
  /** For the audit. */
  readonly why: string;
}

export const lostScopes = (controllers: readonly Controller[], seen: TargetsSeen): LostScope[] =>
  controllers.flatMap((controller) =>
    controller.scopes.flatMap((scope) => {
      const why = whyLost(scope.target, seen);
      return why === undefined ? [] : [{ controller, scope, why }];
    }),
  );

function whyLost(target: ScopeTarget, { tiers, groups, repositories }: TargetsSeen): string | undefined {
  if ('tier' in target && !tiers.includes(target.tier))
    return `The configuration no longer has the tier ${target.tier}.`;
  if ('group' in target && groups?.get(target.group) === false)
    return `GitHub no longer has the account’s runner group ${target.group}.`;
  if ('repositoryId' in target && repositories?.get(target.repositoryId) === false)
    return `The installation no longer has access to the repository ${target.repositoryId}.`;
  return undefined;
}

/** The groups and repositories that scopes name, each once, in the order of their names. */
export function namedTargets(controllers: readonly Controller[]) {
  const targets = controllers.flatMap(({ scopes }) => scopes.map(({ target }) => target));
  const groups = new Set(targets.flatMap((target) => ('group' in target ? [target.group] : [])));
  const repositories = new Set(
    targets.flatMap((target) => ('repositoryId' in target ? [target.repositoryId] : [])),
  );
  return {
    groups: [...groups].toSorted(),
    repositories: [...repositories].toSorted((one, other) => one - other),
  };
}
