import { expect, it } from '@jest/globals';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { givenController, givenScope } from '../support/controllers.ts';
import { givenTenant } from '../support/given.ts';
import { followDrops } from './auditor/admission/check-dropped-scopes.ts';
import { createCalmWorld, installationId as owner } from './calm-world.ts';

const left = givenScope({ kind: 'repository', repositoryId: 7 });
const kept = givenScope({ kind: 'repository', repositoryId: 8 });
const made = givenController({ owner, scopes: [left, kept] });
const dropped: Controller = { ...made, scopes: [kept], version: 2, updatedAt: '2026-11-21T13:00:00.000Z' };

/** The account has installed the App again since. */
const formerInstallation = 99;

/**
 * What the auditor says after repository 7 has left the account, and 8 another one, and a function has stored these
 * controllers.
 */
function findings(...stored: Controller[]): string[] {
  const { auditor, rows } = createCalmWorld({ seed: 1, maxRunners: 1 });
  const { ledger } = auditor;
  const asAudited = { ...made, rules: () => 'admit' as const, matches: () => true, needsGitHub: undefined };
  ledger.policies.changed(owner, 1, [asAudited]);
  const { accountId } = givenTenant();
  rows.tenants.set(owner, givenTenant({ installationId: owner, accountId }));
  auditor.repositoryTransferred(7, [], { accountId, installationId: formerInstallation });
  auditor.repositoryTransferred(8, [], { accountId: accountId + 1, installationId: owner });
  rows.controllers.set(owner, {
    epoch: 2,
    controllers: stored,
    tokenVersion: 0,
    tokens: [],
    secrets: new Map(),
  });
  const found: string[] = [];
  const given = [{ owner, epoch: 1, controllers: [made] }];
  followDrops(ledger, { name: 'controllers.save', by: 'reconciler', given }, (invariant) =>
    found.push(invariant),
  );
  return found;
}

it('accepts that a scope goes with its repository', () => expect(findings(dropped)).toEqual([]));

it.each<[string, string, Controller[]]>([
  ['a scope whose repository is still there', 'scope-dropped', [{ ...dropped, scopes: [left] }]],
  ['a controller', 'unexpected-policy-change', []],
])('finds that the platform removes %s', (_, invariant, stored) =>
  expect(findings(...stored)).toEqual([invariant]),
);

it.each<[string, Controller[]]>([
  ['a controller', [dropped, givenController({ owner, id: 'ctl_2' })]],
  ['a scope', [{ ...dropped, scopes: [kept, givenScope({ kind: 'installation' })] }]],
  ['the target of a scope', [{ ...dropped, scopes: [{ ...kept, target: { kind: 'installation' } }] }]],
  ['the time to answer', [{ ...dropped, timeoutMilliseconds: 501 }]],
  ['the description', [{ ...dropped, description: 'Any other' }]],
  ['the state', [{ ...dropped, state: 'enabled' }]],
])('finds that the platform adds or changes %s', (_, stored) =>
  expect(findings(...stored)).toEqual(['unexpected-policy-change']),
);
