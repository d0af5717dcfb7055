/**
 * How many controllers could be asked about a single job, at most, or the sum of their weights: over every tier, runner
 * group and repository that any of their scopes names, and one that none names. Controllers are bits of a number, so that
 * thousands of targets take milliseconds.
 */
import type { TierName } from '../ids.ts';
import { type Controller, isInForce } from './controller.ts';
import { type ScopedJob, type ScopeTarget, targetsOver, targetText } from './scope.ts';

const elsewhere = {
  tier: '' as TierName,
  group: '',
  repositoryId: -1,
};

export function mostOnOneJob(
  all: readonly Controller[],
  weightOf: (controller: Controller) => number = () => 1,
): number {
  const controllers = all.filter(isInForce);
  const weights = controllers.map(weightOf);
  const weigh = (bits: number) => sumOver(bits, weights);
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
  const asked = (job: ScopedJob) =>
    targetsOver(job).reduce((sum, target) => sum | (bits.get(targetText(target)) ?? 0), 0);
  return Math.max(
    0,
    ...tiers.map((tier) => {
      const outside = { tier, repositoryId: elsewhere.repositoryId };
      const byGroup = distinct(groups.map((group) => asked({ ...outside, group })));
      const { group } = elsewhere;
      const byRepository = distinct(repositories.map((repositoryId) => asked({ tier, repositoryId, group })));
      const registered = repositories.map((repositoryId) => weigh(asked({ tier, repositoryId })));
      return Math.max(...registered, mostTogether(byGroup, byRepository, weigh));
    }),
  );
}

/** For a job that is in one of each. What covers it in a group or in a repository covers it in both. */
function mostTogether(
  some: readonly number[],
  others: readonly number[],
  weigh: (bits: number) => number,
): number {
  let most = 0;
  for (const one of some) for (const other of others) most = Math.max(most, weigh(one | other));
  return most;
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

function sumOver(bits: number, weights: readonly number[]): number {
  let sum = 0;
  for (let left = bits; left !== 0; left &= left - 1) sum += weights[31 - Math.clz32(left & -left)] ?? 0;
  return sum;
}

const distinct = (values: readonly number[]) => [...new Set(values)];

function valuesOf<Value>(
  targets: readonly ScopeTarget[],
  of: (target: ScopeTarget) => Value | undefined,
  other: Value,
): Value[] {
  return [...new Set([...targets.map(of).filter((value) => value !== undefined), other])];
}
