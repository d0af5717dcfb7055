/**
 * Which controllers one job may meet together with a given one: over every tier, runner group and repository that any of
 * their scopes names, and one that none names. Controllers are bits of a number: 2,000 targets take some 0.1 s of processor
 * time (`npm run bench -- --only admission`).
 */
import type { TierName } from '../ids.ts';
import type { Controller } from './controller.ts';
import { type ScopedJob, type ScopeTarget, targetsOver, targetText } from './scope.ts';

const elsewhere = {
  tier: '' as TierName,
  group: '',
  repositoryId: -1,
};

/** Each set of `controllers` that covers some job, and has `one` in it. At most 32 controllers. */
export function metTogetherWith(one: Controller, controllers: readonly Controller[]): Controller[][] {
  const targets = controllers.flatMap(({ scopes }) => scopes.map(({ target }) => target));
  const tiers = valuesOf(targets, (target) => ('tier' in target ? target.tier : undefined), elsewhere.tier);
  const groups = valuesOf(
    targets,
    (target) => ('group' in target ? target.group : undefined),
    elsewhere.group,
  );
  const repositories = valuesOf(
    targets,
    (target) => ('repositoryId' in target ? target.repositoryId : undefined),
    elsewhere.repositoryId,
  );
  const bits = bitsByTarget(controllers);
  const over = (job: ScopedJob) =>
    targetsOver(job).reduce((sum, target) => sum | (bits.get(targetText(target)) ?? 0), 0);
  const sets = new Set<number>();
  for (const tier of tiers) {
    const { group, repositoryId } = elsewhere;
    for (const id of repositories) sets.add(over({ tier, repositoryId: id }));
    const byGroup = distinct(groups.map((name) => over({ tier, group: name, repositoryId })));
    const byRepository = distinct(repositories.map((id) => over({ tier, group, repositoryId: id })));
    // What covers a job in a group or in a repository covers one that is in both.
    for (const inGroup of byGroup) for (const inRepository of byRepository) sets.add(inGroup | inRepository);
  }
  const own = 1 << controllers.indexOf(one);
  return [...sets]
    .filter((set) => (set & own) !== 0)
    .map((set) => controllers.filter((_, n) => (set & (1 << n)) !== 0));
}

/** By target: the controllers that have a scope of it. */
function bitsByTarget(controllers: readonly Controller[]): ReadonlyMap<string, number> {
  const bits = new Map<string, number>();
  for (const [n, { scopes }] of controllers.entries()) {
    for (const { target } of scopes) {
      const key = targetText(target);
      bits.set(key, (bits.get(key) ?? 0) | (1 << n));
    }
  }
  return bits;
}

const distinct = (values: readonly number[]) => [...new Set(values)];

function valuesOf<Value>(
  targets: readonly ScopeTarget[],
  of: (target: ScopeTarget) => Value | undefined,
  other: Value,
): Value[] {
  return [...new Set([...targets.map(of).filter((value) => value !== undefined), other])];
}
