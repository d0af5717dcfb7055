/** Admission controllers that tests start with. */
import { type Controller, platformOwner } from '../../lib/core/controllers/controller.ts';
import type { ControllerScope, ScopeTarget } from '../../lib/core/controllers/scope.ts';
import type { InstallationId } from '../../lib/core/ids.ts';
import type { ControllerStore } from '../../lib/ports/controllers.ts';
import { acme } from './given.ts';

const at = '2026-11-21T12:00:00.000Z';

/** Disabled, and without scopes. */
export const givenController = (over: Partial<Controller> = {}): Controller => ({
  owner: acme,
  id: 'ctl_1',
  description: '',
  state: 'disabled',
  transport: { kind: 'poll' },
  onFailure: 'reject',
  timeoutMilliseconds: 5_000,
  exemptRepositories: [],
  scopes: [],
  version: 1,
  createdAt: at,
  updatedAt: at,
  ...over,
});

export const givenScope = (target: ScopeTarget): ControllerScope => ({
  id: `scp_${JSON.stringify(target)}`,
  target,
  createdAt: at,
});

/** Evaluates these expressions for every job of the tenant. */
export const givenRules = (over: Partial<Controller>, ...reject: string[]): Controller =>
  givenController({
    state: 'enabled',
    scopes: [givenScope({ kind: 'installation' })],
    transport: { kind: 'rules', rules: reject.map((one, n) => ({ reject: one, reason: `rule ${n + 1}` })) },
    ...over,
  });

/** Replaces all of the tenant's controllers. */
export const putControllers = (store: ControllerStore, ...put: Controller[]) => putAll(store, acme, put);

/** Replaces all of the operator's own controllers. */
export const putPlatformControllers = (store: ControllerStore, ...put: Controller[]) =>
  putAll(
    store,
    platformOwner,
    put.map((controller) => ({ ...controller, owner: platformOwner })),
  );

async function putAll(store: ControllerStore, owner: InstallationId, put: Controller[]): Promise<void> {
  const from = await store.policyOf(owner);
  const names = new Set(put.map(({ id }) => id));
  const remove = from.controllers.map(({ id }) => id).filter((id) => !names.has(id));
  const versioned = put.map((controller) => ({ ...controller, version: from.epoch + 1 }));
  if ((await store.save(from, { put: versioned, remove })) !== 'saved')
    throw new Error('Somebody else saved.');
}
