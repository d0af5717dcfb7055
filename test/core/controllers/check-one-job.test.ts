/** A change is refused if and only if it gives some job more than before, beyond a bound: compared with every job. */
import { describe, expect, it } from '@jest/globals';
import { checkOneJob, stepsOfController } from '../../../lib/core/controllers/check-one-job.ts';
import {
  type Controller,
  type ControllerState,
  controllerBounds,
  isInForce,
} from '../../../lib/core/controllers/controller.ts';
import { covers, type ScopedJob, type ScopeTarget } from '../../../lib/core/controllers/scope.ts';
import { TierName } from '../../../lib/core/ids.ts';
import { givenRules, givenScope } from '../../support/controllers.ts';
import { medium, small } from '../../support/given.ts';
import { fc } from '../../support/properties.ts';

const stepsOf = (expression: string) => Number(expression);
const most = { controllers: controllerBounds.controllersOfOneJob, steps: controllerBounds.stepsOfOneJob };

const tiers = [small, medium];
const groups = ['builds', 'deploys'];
const repositories = [7, 8];
const everyTarget: readonly ScopeTarget[] = [
  { kind: 'installation' },
  ...tiers.map((tier) => ({ kind: 'tier', tier }) as const),
  ...groups.flatMap((group) => [
    { kind: 'group', group } as const,
    ...tiers.map((tier) => ({ kind: 'group-tier', group, tier }) as const),
  ]),
  ...repositories.flatMap((repositoryId) => [
    { kind: 'repository', repositoryId } as const,
    ...tiers.map((tier) => ({ kind: 'repository-tier', repositoryId, tier }) as const),
  ]),
];
const everyJob: readonly ScopedJob[] = [...tiers, TierName('another')].flatMap((tier) =>
  [...repositories, 9].flatMap((repositoryId) => [
    { tier, repositoryId },
    ...[...groups, 'another'].map((group) => ({ tier, repositoryId, group })),
  ]),
);

const state = fc.constantFrom<ControllerState>('disabled', 'enabled', 'enabled', 'enabled', 'dry_run');
const targets = fc.uniqueArray(fc.constantFrom(...everyTarget), { maxLength: 3 });
const steps = fc.constantFrom(0, 8_000, 20_000, 30_000, 40_000);
const controller = fc.record({ state, targets, steps });
type Drawn = typeof controller extends fc.Arbitrary<infer One> ? One : never;
const made = (drawn: Drawn, n: number): Controller =>
  givenRules(
    { id: `ctl_${n}`, state: drawn.state, scopes: drawn.targets.map(givenScope) },
    String(drawn.steps),
  );

function isRefusable(others: readonly Controller[], before: Controller | undefined, after: Controller) {
  const over = (controllers: readonly Controller[], job: ScopedJob) =>
    controllers.filter((one) => isInForce(one) && one.scopes.some(({ target }) => covers(target, job)));
  const sum = (all: readonly Controller[]) =>
    all.reduce((total, one) => total + stepsOfController(one, { stepsOf }), 0);
  return everyJob.some((job) => {
    const was = over([...others, ...(before ? [before] : [])], job);
    const is = over([...others, after], job);
    const hasMore = (size: (all: readonly Controller[]) => number, bound: number) =>
      size(is) > size(was) && size(is) > bound;
    return hasMore(({ length }) => length, most.controllers) || hasMore(sum, most.steps);
  });
}

const isRefused = (others: readonly Controller[], before: Controller | undefined, after: Controller) =>
  checkOneJob({ others, before, after }, { stepsOf }) !== undefined;

describe('a change that could give a job too much', () => {
  const cases = (each: fc.Arbitrary<Drawn>, length: object) =>
    fc.tuple(fc.array(each, length), fc.option(controller), controller, fc.boolean());
  const without = fc.record({ state, targets, steps: fc.constant(0) });
  it.each([
    ['by steps', cases(controller, { maxLength: 5 })],
    ['by number', cases(without, { minLength: 16, maxLength: 19 })],
  ])('is refused exactly if it does, %s', (_, drawn) => {
    const outcomes = { refused: 0, accepted: 0 };
    fc.assert(
      fc.property(drawn, ([some, was, is, keepsScopes]) => {
        const others = some.map(made);
        const before = was ? made(was, 99) : undefined;
        const next = made(is, 99);
        const after = before && keepsScopes ? { ...next, scopes: before.scopes } : next;
        const refused = isRefused(others, before, after);
        outcomes[refused ? 'refused' : 'accepted'] += 1;
        expect(refused).toBe(isRefusable(others, before, after));
      }),
      { numRuns: 200 },
    );
    expect(Math.min(outcomes.refused, outcomes.accepted)).toBeGreaterThan(5);
  });
});
