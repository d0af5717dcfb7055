/**
 * The platform itself changes controllers in only one way: it removes scopes whose repository has left the account.
 * Any other difference in a controller is an error. From then on the auditor uses the resulting policy.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Controller, ControllerPolicy } from '../../../../lib/core/controllers/controller.ts';
import type { ControllerScope } from '../../../../lib/core/controllers/scope.ts';
import { InstallationId } from '../../../../lib/core/ids.ts';
import type { Ledger, Note } from '../ledger.ts';
import type { AuditedCall } from './check-facts.ts';
import type { AuditedController } from './policy-history.ts';

/** Called each time a function saves a policy, whether or not the write succeeded. */
export function followDrops(ledger: Ledger, { given }: AuditedCall, note: Note): void {
  const [{ owner }] = given as [ControllerPolicy];
  const { epoch, controllers: stored } = ledger.rows.controllers.get(owner) ?? { epoch: 0, controllers: [] };
  const known = ledger.policies.newest(owner);
  if (epoch === known.epoch) return;
  const made = new Set(known.controllers.map(({ id }) => id));
  for (const { id } of stored.filter((controller) => !made.has(controller.id)))
    note('unexpected-policy-change', `${id} of ${owner}, which no administrator made`);
  const controllers = known.controllers.map((before): AuditedController => {
    const now = stored.find(({ id }) => id === before.id);
    if (!now || !isDeepStrictEqual(besidesScopes(now), besidesScopes(before))) {
      note('unexpected-policy-change', `${before.id} of ${owner} differs from what its administrators set`);
      return before;
    }
    for (const scope of now.scopes.filter(
      (one) => !before.scopes.some((other) => isDeepStrictEqual(one, other)),
    ))
      note(
        'unexpected-policy-change',
        `${scope.id} of ${before.id} of ${owner}, which no administrator made`,
      );
    const gone = before.scopes.filter(({ id }) => !now.scopes.some((scope) => scope.id === id));
    for (const { id, target } of gone.filter((scope) => !hasLeft(ledger, owner, scope)))
      note(
        'scope-dropped',
        `${id} of ${before.id} of ${owner}, for ${JSON.stringify(target)}, which still exists`,
      );
    return { ...before, scopes: now.scopes, version: now.version, updatedAt: now.updatedAt };
  });
  ledger.policies.changed(owner, epoch, controllers);
}

/** What only administrators change. Left out: the scopes, what changes with them, and what the auditor adds. */
function besidesScopes(controller: Controller & Partial<AuditedController>): object {
  const { scopes, version, updatedAt, rules, matches, needsGitHub, ...rest } = controller;
  return rest;
}

/** Tiers and runner groups always exist. A repository may have left before the account installed the App again. */
function hasLeft({ leftRepositories, rows }: Ledger, owner: number, { target }: ControllerScope): boolean {
  const accountId = rows.tenants.get(InstallationId(owner))?.accountId;
  return 'repositoryId' in target && leftRepositories.has(`${accountId}/${target.repositoryId}`);
}
