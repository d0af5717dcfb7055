/**
 * The processor time of the dearest changes of controllers within the bounds, in a process that has read no rule yet: one
 * that adds to the jobs of all other controllers, each with as many long rules as it may have, and one among as many
 * scopes as an owner may have.
 */
import { createRules } from '../../lib/adapters/cel/rules.ts';
import { changePolicy } from '../../lib/core/controllers/change-policy.ts';
import { type Controller, controllerBounds } from '../../lib/core/controllers/controller.ts';
import type { ScopeTarget } from '../../lib/core/controllers/scope.ts';
import { TierName } from '../../lib/core/ids.ts';
import { givenController, givenRules, givenScope } from '../support/controllers.ts';
import { dearestRules } from '../support/dearest-rules.ts';
import { acme } from '../support/given.ts';
import { judged } from './goals.ts';
import type { Result } from './result.ts';
import type { Size } from './size.ts';

const { controllersEach, scopesEach } = controllerBounds;
/** As many as a configuration may have. */
const tiers = 30;

export function measureDearestChanges({ longestControllers }: Size): Result[] {
  return [
    judged(
      'a change over the longest rules, processor time',
      timeOfEnabling(longestRules(longestControllers)),
      'ms',
    ),
    judged('a change among 2,000 scopes, processor time', timeOfEnabling(mostScopes()), 'ms'),
  ];
}

/** Those of each repository are as long as may be, and a short one is for all of them. */
function longestRules(controllers: number): Controller[] {
  const long = (n: number) => Array.from({ length: 5 }, (_, k) => dearestRules['to read']!(5 * n + k));
  const one = (n: number) =>
    givenRules({ id: `ctl_${n}`, scopes: [givenScope({ kind: 'repository', repositoryId: n })] }, ...long(n));
  return [givenRules({ id: 'ctl_0' }, 'run.fork'), ...ofOthers(controllers, one)];
}

function mostScopes(): Controller[] {
  const one = (n: number) => {
    const scopes = Array.from({ length: scopesEach }, (_, k) => givenScope(target(n, k)));
    return givenController({ id: `ctl_${n}`, state: 'enabled', scopes });
  };
  return [one(0), ...ofOthers(controllersEach, one)];
}

const ofOthers = (controllers: number, one: (n: number) => Controller) =>
  Array.from({ length: controllers - 1 }, (_, n) => one(n + 1));

/** Spread so that neighbours share some, but no job meets more than may be. */
function target(controller: number, scope: number): ScopeTarget {
  const n = controller * (scopesEach - 40) + scope;
  const tier = TierName(`tier-${n % tiers}`);
  const [group, repositoryId] = [`group-${n}`, n];
  const kinds: readonly ScopeTarget[] = [
    { kind: 'group', group },
    { kind: 'group-tier', group, tier },
    { kind: 'repository', repositoryId },
    { kind: 'repository-tier', repositoryId, tier },
  ];
  return kinds[n % kinds.length]!;
}

function timeOfEnabling([first, ...others]: readonly Controller[]): number {
  const { faultOf, stepsOf } = createRules();
  const controllers: Controller[] = [{ ...first!, state: 'disabled' }, ...others];
  const change = { kind: 'update', id: 'ctl_0', settings: { state: 'enabled' } } as const;
  const targets = { tiers: [], repositoryIds: new Set<number>() };
  const before = process.cpuUsage();
  const result = changePolicy({ owner: acme, epoch: 1, controllers }, change, {
    at: '',
    targets,
    faultOf,
    stepsOf,
  });
  const { user, system } = process.cpuUsage(before);
  if (result.kind === 'fault') throw new Error(result.fault.text);
  return (user + system) / 1000;
}
