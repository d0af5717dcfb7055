import { describe, expect, it } from '@jest/globals';
import { changePolicy } from '../../../lib/core/controllers/change-policy.ts';
import {
  type Controller,
  type ControllerPolicy,
  controllerBounds,
  platformOwner,
} from '../../../lib/core/controllers/controller.ts';
import type { ChangeContext, PolicyChange } from '../../../lib/core/controllers/policy-change.ts';
import type { ScopeTarget } from '../../../lib/core/controllers/scope.ts';
import { TierName } from '../../../lib/core/ids.ts';
import { givenController, givenRules, givenScope } from '../../support/controllers.ts';
import { acme, medium, small } from '../../support/given.ts';

const context: ChangeContext = {
  at: '2026-11-21T13:00:00.000Z',
  targets: { tiers: [small, medium], groups: ['builds'], repositoryIds: new Set([7, 8]) },
  faultOf: (expression) => (expression === 'broken' ? 'It does not compile.' : undefined),
  stepsOf: (expression) => Number(expression) || 0,
};
const policyWith = (...controllers: Controller[]): ControllerPolicy => ({
  owner: acme,
  epoch: 4,
  controllers,
});
const change = (policy: ControllerPolicy, what: PolicyChange, over: Partial<ChangeContext> = {}) =>
  changePolicy(policy, what, { ...context, ...over });
const faultOf = (...given: Parameters<typeof change>) => {
  const result = change(...given);
  return result.kind === 'fault' ? [result.fault.kind, result.fault.code, result.fault.field] : result;
};
const addScope = (target: ScopeTarget, id = 'ctl_1'): PolicyChange => ({
  kind: 'add-scope',
  id,
  scopeId: 'scp_new',
  target,
});
const wide: ScopeTarget = { kind: 'installation' };

describe('a change of controllers', () => {
  it('creates one that is disabled, polls, rejects if it fails, and has no scope', () => {
    expect(change(policyWith(), { kind: 'create', id: 'ctl_1', settings: {} })).toMatchObject({
      kind: 'changed',
      policy: { epoch: 5 },
      controller: {
        state: 'disabled',
        transport: { kind: 'poll' },
        onFailure: 'reject',
        timeoutMilliseconds: 5_000,
        scopes: [],
        version: 1,
      },
    });
  });

  it('increments the version and the epoch, and keeps settings that are not named', () => {
    const before = givenController({ description: 'kept', version: 3 });
    const update = { kind: 'update', id: before.id, version: 3, settings: { state: 'dry_run' } } as const;
    expect(change(policyWith(before), update)).toMatchObject({
      policy: { epoch: 5 },
      put: [{ description: 'kept', state: 'dry_run', version: 4, updatedAt: context.at }],
      before,
    });
  });

  it('treats an empty match expression as none', () => {
    const before = givenController({ match: 'true' });
    const result = change(policyWith(before), { kind: 'update', id: before.id, settings: { match: '' } });
    expect(result.kind === 'changed' && 'match' in result.controller).toBe(false);
  });

  it('adds and removes scopes', () => {
    const before = givenController();
    const added = change(policyWith(before), addScope({ kind: 'repository', repositoryId: 7 }));
    if (added.kind === 'fault') throw new Error(added.fault.text);
    expect(added.controller.scopes).toMatchObject([{ id: 'scp_new', createdAt: context.at }]);
    const removed = change(added.policy, { kind: 'remove-scope', id: before.id, scopeId: 'scp_new' });
    expect(removed).toMatchObject({ controller: { scopes: [], version: before.version + 2 } });
  });

  it('deletes', () => {
    const before = givenController();
    expect(change(policyWith(before), { kind: 'delete', id: before.id })).toMatchObject({
      policy: { controllers: [] },
      put: [],
      remove: [before.id],
    });
  });

  it.each<[string, PolicyChange, unknown[]]>([
    ['no controller', { kind: 'delete', id: 'ctl_2' }, ['missing', 'no-such-controller', undefined]],
    [
      'no scope',
      { kind: 'remove-scope', id: 'ctl_1', scopeId: 'x' },
      ['missing', 'no-such-scope', undefined],
    ],
    [
      'an old version',
      { kind: 'delete', id: 'ctl_1', version: 9 },
      ['outdated', 'version-differs', undefined],
    ],
    ['a taken id', { kind: 'create', id: 'ctl_1', settings: {} }, ['conflict', 'id-taken', undefined]],
  ])('finds %s', (_, what, fault) => {
    expect(faultOf(policyWith(givenController()), what)).toEqual(fault);
  });

  it('limits the controllers of an owner', () => {
    const all = Array.from({ length: controllerBounds.controllersEach }, (_, n) =>
      givenController({ id: `ctl_${n}` }),
    );
    const [, code] = faultOf(policyWith(...all), { kind: 'create', id: 'ctl_new', settings: {} }) as string[];
    expect(code).toBe('too-many-controllers');
  });

  it('limits the scopes of a controller', () => {
    const scopes = Array.from({ length: 100 }, (_, n) =>
      givenScope({ kind: 'repository', repositoryId: 1_000 + n }),
    );
    const [, code] = faultOf(
      policyWith(givenController({ scopes })),
      addScope({ kind: 'repository', repositoryId: 7 }),
    ) as string[];
    expect(code).toBe('too-many-scopes');
  });

  it.each<[string, ScopeTarget[], ScopeTarget, string]>([
    ['a duplicate', [{ kind: 'tier', tier: small }], { tier: small, kind: 'tier' }, 'duplicate-scope'],
    ['a second one for the installation', [wide], wide, 'duplicate-scope'],
    [
      'a narrower one beside the installation',
      [wide],
      { kind: 'tier', tier: small },
      'installation-excludes-narrower',
    ],
    [
      'the installation beside a narrower one',
      [{ kind: 'tier', tier: small }],
      wide,
      'installation-excludes-narrower',
    ],
  ])('refuses %s', (_, targets, target, code) => {
    const before = givenController({ scopes: targets.map(givenScope) });
    expect(faultOf(policyWith(before), addScope(target))).toEqual(['conflict', code, 'target']);
  });

  it.each<[string, ScopeTarget]>([
    ['tier', { kind: 'tier', tier: TierName('huge') }],
    ['group', { kind: 'group', group: 'theirs' }],
    ['tier within a group', { kind: 'group-tier', group: 'builds', tier: TierName('huge') }],
    ['repository', { kind: 'repository', repositoryId: 9 }],
    ['tier within a repository', { kind: 'repository-tier', repositoryId: 9, tier: small }],
  ])('refuses a %s that is not the tenant’s', (_, target) => {
    expect(faultOf(policyWith(givenController()), addScope(target))).toEqual([
      'invalid',
      'foreign-target',
      'target',
    ]);
  });

  it('takes a group whatever the case of its name, as GitHub does', () => {
    const before = policyWith(givenController());
    expect(change(before, addScope({ kind: 'group', group: 'BUILDS' })).kind).toBe('changed');
  });

  it('gives platform-wide controllers no narrower scope than a tier', () => {
    const policy = { ...policyWith(givenController({ owner: platformOwner })), owner: platformOwner };
    expect(change(policy, addScope({ kind: 'tier', tier: small })).kind).toBe('changed');
    expect(faultOf(policy, addScope({ kind: 'repository', repositoryId: 7 }))).toContain('foreign-target');
  });

  it.each<[string, Extract<PolicyChange, { kind: 'update' }>['settings']]>([
    ['description', { description: 'x'.repeat(1025) }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 499 }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 10_001 }],
    ['timeoutMilliseconds', { timeoutMilliseconds: 700.5 }],
    ['exemptRepositories', { exemptRepositories: Array.from({ length: 11 }, (_, n) => n + 1) }],
    ['exemptRepositories', { exemptRepositories: [-1] }],
    ['match', { match: 'broken' }],
    ['match', { match: 'x'.repeat(2049) }],
    ['transport.url', { transport: { kind: 'https', url: 'http://controller.example.com' } }],
    ['transport.url', { transport: { kind: 'https', url: 'http://127.0.0.1:1/' } }],
    ['transport.url', { transport: { kind: 'https', url: 'https://user:word@example.com' } }],
    ['transport.url', { transport: { kind: 'https', url: 'https://127.0.0.1/' } }],
    ['transport.url', { transport: { kind: 'https', url: 'https://2130706433/' } }],
    ['transport.url', { transport: { kind: 'https', url: 'https://169.254.169.254/latest' } }],
    ['transport.url', { transport: { kind: 'https', url: 'https://[::1]:443/' } }],
    ['transport.url', { transport: { kind: 'https', url: 'https://[::ffff:10.0.0.1]/' } }],
    ['transport.url', { transport: { kind: 'https', url: `https://e.com/${'x'.repeat(2048)}` } }],
    ['transport.rules', { transport: { kind: 'rules', rules: [] } }],
    [
      'transport.rules.0.reject',
      { transport: { kind: 'rules', rules: [{ reject: 'broken', reason: 'x' }] } },
    ],
    ['transport.rules.0.reason', { transport: { kind: 'rules', rules: [{ reject: 'true', reason: ' ' }] } }],
  ])('refuses a setting out of its bounds: %s', (field, settings) => {
    const update = { kind: 'update', id: 'ctl_1', settings } as const;
    expect(faultOf(policyWith(givenController()), update)).toEqual(['invalid', 'invalid-setting', field]);
  });

  it('takes an address on the public internet', () => {
    const transport = { kind: 'https', url: 'https://93.184.215.14/admit' } as const;
    const update = { kind: 'update', id: 'ctl_1', settings: { transport } } as const;
    expect(change(policyWith(givenController()), update).kind).toBe('changed');
  });

  it('lets the laptop call itself', () => {
    const transport = { kind: 'https', url: 'http://127.0.0.1:8080/admit' } as const;
    const update = { kind: 'update', id: 'ctl_1', settings: { transport } } as const;
    expect(change(policyWith(givenController()), update, { allowsLoopback: true }).kind).toBe('changed');
  });
});

describe('the most controllers that one job may have to pass', () => {
  const enabled = (n: number, ...targets: ScopeTarget[]) =>
    givenController({ id: `ctl_${n}`, state: 'enabled', scopes: targets.map(givenScope) });
  const eight = Array.from({ length: 8 }, (_, n) => enabled(n, { kind: 'repository', repositoryId: 7 }));
  const enable = { kind: 'update', id: 'ctl_9', settings: { state: 'enabled' } } as const;
  const ninth = (...targets: ScopeTarget[]) => ({ ...enabled(9, ...targets), state: 'disabled' as const });

  it.each<[string, ScopeTarget, string]>([
    ['the same repository', { kind: 'repository', repositoryId: 7 }, 'fault'],
    ['a tier', { kind: 'tier', tier: small }, 'fault'],
    ['a group that the repository may be in', { kind: 'group', group: 'builds' }, 'fault'],
    ['all', wide, 'fault'],
    ['another repository', { kind: 'repository', repositoryId: 8 }, 'changed'],
  ])('counts a ninth that is enabled for %s', (_, target, kind) => {
    expect(change(policyWith(...eight, ninth(target)), enable).kind).toBe(kind);
  });

  it('does not count a group with a tier of a repository’s own registration', () => {
    const own = eight.map((one) => ({
      ...one,
      scopes: [givenScope({ kind: 'repository-tier', repositoryId: 7, tier: small })],
    }));
    expect(change(policyWith(...own, ninth({ kind: 'group', group: 'builds' })), enable).kind).toBe(
      'changed',
    );
  });

  it('never refuses a change that asks less, even if there are too many', () => {
    const nine = [...eight, enabled(9, wide)];
    const policy = policyWith(...nine);
    expect(change(policy, { kind: 'update', id: 'ctl_1', settings: { state: 'disabled' } }).kind).toBe(
      'changed',
    );
    expect(change(policy, { kind: 'delete', id: 'ctl_1' }).kind).toBe('changed');
    const scopeId = nine[8]!.scopes[0]!.id;
    expect(change(policy, { kind: 'remove-scope', id: 'ctl_9', scopeId }).kind).toBe('changed');
  });
});

describe('the steps of the rules that one job may have to pass', () => {
  const most = controllerBounds.stepsOfOneJob;
  const app: ScopeTarget = { kind: 'repository', repositoryId: 7 };
  const taking = (id: string, steps: number, over: Partial<Controller> = {}) =>
    givenRules({ id, ...over }, String(steps - 5), '5');
  const enable = { kind: 'update', id: 'ctl_2', settings: { state: 'enabled' } } as const;
  const off = (steps: number, over: Partial<Controller> = {}) =>
    taking('ctl_2', steps, { state: 'disabled', ...over });

  it.each<[string, Controller[], string]>([
    ['as many as are allowed', [taking('ctl_1', most - 10), off(10)], 'changed'],
    ['one more', [taking('ctl_1', most - 10), off(11)], 'fault'],
    ['one more of a match', [taking('ctl_1', most - 10), off(10, { match: '1' })], 'fault'],
    ['one more, in dry run', [taking('ctl_1', most, { state: 'dry_run' }), off(6)], 'fault'],
    ['more, of one that is disabled', [taking('ctl_1', most, { state: 'disabled' }), off(6)], 'changed'],
    ['more, of one that is never asked', [taking('ctl_1', most, { scopes: [] }), off(6)], 'changed'],
    [
      'more, of one for another repository',
      [
        taking('ctl_1', most, { scopes: [givenScope(app)] }),
        off(6, { scopes: [givenScope({ kind: 'repository', repositoryId: 8 })] }),
      ],
      'changed',
    ],
    [
      'more, of one for a tier that the repository’s jobs may have',
      [
        taking('ctl_1', most, { scopes: [givenScope(app)] }),
        off(6, { scopes: [givenScope({ kind: 'tier', tier: small })] }),
      ],
      'fault',
    ],
  ])('may be %s', (_, controllers, kind) => {
    expect(change(policyWith(...controllers), enable).kind).toBe(kind);
  });

  it('are added up for a new scope too', () => {
    const before = policyWith(taking('ctl_1', most), taking('ctl_2', 6, { scopes: [] }));
    expect(faultOf(before, addScope(app, 'ctl_2'))).toEqual([
      'conflict',
      'too-many-steps-on-one-job',
      undefined,
    ]);
  });

  it('are named if they are too many, with the dearest controllers and a remedy', () => {
    const result = change(policyWith(taking('ctl_1', 40_000), off(30_000)), enable);
    expect(result.kind === 'fault' && result.fault.text).toBe(
      'The rules for one job would take up to 70000 steps together, for reading and evaluating them; at most 60000 are allowed. Most are of ctl_1 (40000), ctl_2 (30000). Use fewer patterns and loops, shorten the rules, narrow a scope, or disable a controller.',
    );
  });

  it('are named only of controllers that such a job meets', () => {
    const over = [
      off(70_000, { id: 'ctl_off' }),
      taking('ctl_without', 80_000, { scopes: [] }),
      taking('ctl_app', 50_000, { scopes: [givenScope(app)] }),
      taking('ctl_api', 40_000, { scopes: [givenScope({ kind: 'repository', repositoryId: 8 })] }),
      givenController({ id: 'ctl_poll', state: 'enabled', scopes: [givenScope(app)] }),
    ];
    const result = change(policyWith(...over, off(20_000, { scopes: [givenScope(app)] })), enable);
    expect(result.kind === 'fault' && result.fault.text).toContain('ctl_app (50000), ctl_2 (20000). Use');
  });

  it('are read only of controllers that share a job with the changed one', () => {
    const at = (id: string, repositoryId: number, steps: number) =>
      taking(id, steps, { scopes: [givenScope({ kind: 'repository', repositoryId })] });
    const policy = policyWith(at('ctl_1', 7, 1_000), at('ctl_2', 8, 2_000));
    const read = (what: PolicyChange, from = policy) => {
      const texts = new Set<string>();
      const stepsOf = (text: string) => Number([...texts.add(text)].at(-1));
      expect(change(from, what, { stepsOf }).kind).toBe('changed');
      return [...texts].filter((text) => Number(text) > 5).sort();
    };
    const update = (settings: Partial<Controller>): PolicyChange => ({
      kind: 'update',
      id: 'ctl_2',
      settings,
    });
    expect(read(update({ description: 'new', state: 'dry_run', timeoutMilliseconds: 600 }))).toEqual([]);
    expect(read(update({ transport: taking('ctl_2', 905).transport }))).toEqual(['1995', '900']);
    expect(read(update({ transport: taking('ctl_2', 3_005).transport }))).toEqual(['1995', '3000']);
    expect(read(addScope({ kind: 'tier', tier: small }, 'ctl_2'))).toEqual(['1995', '995']);
    const apart = policyWith(at('ctl_1', 7, 1_000), { ...at('ctl_2', 8, 2_000), state: 'disabled' });
    expect(read(enable, apart)).toEqual(['1995']);
  });

  it('may be more if they were stored so, and may then only become fewer', () => {
    const policy = policyWith(taking('ctl_1', 50_000), taking('ctl_2', 50_000));
    const rules = (steps: number) => taking('ctl_2', steps).transport;
    const update = (settings: Partial<Controller>) =>
      change(policy, { kind: 'update', id: 'ctl_2', settings }).kind;
    expect(update({ transport: rules(50_001) })).toBe('fault');
    expect(update({ transport: rules(40_000) })).toBe('changed');
    expect(update({ description: 'still too many' })).toBe('changed');
    expect(update({ state: 'disabled' })).toBe('changed');
  });

  it('may not become too many for one job because another job has more', () => {
    const at = (id: string, steps: number, target: ScopeTarget) =>
      taking(id, steps, { scopes: [givenScope(target)] });
    const dear = [at('ctl_1', 50_000, app), at('ctl_2', 50_000, app)];
    const api: ScopeTarget = { kind: 'repository', repositoryId: 8 };
    const policy = policyWith(...dear, at('ctl_3', 40_000, api), at('ctl_4', 20_000, api));
    const update = (steps: number) =>
      change(policy, {
        kind: 'update',
        id: 'ctl_4',
        settings: { transport: taking('ctl_4', steps).transport },
      }).kind;
    expect([update(20_000), update(20_001)]).toEqual(['changed', 'fault']);
  });

  it('may get a scope whose other jobs have too many already, if new ones do not', () => {
    const policy = policyWith(
      taking('ctl_1', 30_000, { scopes: [givenScope({ kind: 'tier', tier: small })] }),
      taking('ctl_2', 40_000, { scopes: [givenScope({ kind: 'tier', tier: small })] }),
      taking('ctl_3', 30_000, { scopes: [givenScope({ kind: 'tier', tier: medium })] }),
    );
    expect(change(policy, addScope(app, 'ctl_1')).kind).toBe('changed');
    expect(change(policy, addScope(app, 'ctl_2')).kind).toBe('fault');
  });
});
