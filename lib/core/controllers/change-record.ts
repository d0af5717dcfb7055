/** What the audit records about a change of a controller: the settings that differ, before and after. */
import type { Controller } from './controller.ts';
import type { ChangedPolicy, PolicyChange } from './policy-change.ts';
import type { ControllerAction, ControllerRecord } from './record.ts';

export function changeRecord(
  kind: PolicyChange['kind'],
  { before, controller }: ChangedPolicy,
): Pick<ControllerRecord, 'action' | 'before' | 'after'> {
  const old = before ? settingsOf(before) : {};
  const current = kind === 'delete' ? {} : settingsOf(controller);
  const names = [...new Set([...Object.keys(old), ...Object.keys(current)])];
  const changed = names.filter((name) => old[name] !== current[name]);
  const part = (from: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      changed.flatMap((name) => {
        const value = from[name];
        return value === undefined ? [] : [[`${controller.id} ${name}`, value]];
      }),
    );
  return { action: actionOf(kind, changed), before: part(old), after: part(current) };
}

function actionOf(kind: PolicyChange['kind'], changed: readonly string[]): ControllerAction {
  switch (kind) {
    case 'create':
      return 'controller-created';
    case 'delete':
      return 'controller-deleted';
    case 'add-scope':
      return 'controller-scope-added';
    case 'remove-scope':
      return 'controller-scope-removed';
    case 'update':
      return changed.includes('state') ? 'controller-state-changed' : 'controller-updated';
  }
}

function settingsOf(controller: Controller): Readonly<Record<string, string>> {
  const { description, state, transport, onFailure, timeoutMilliseconds, match } = controller;
  const { exemptRepositories, scopes } = controller;
  return {
    description,
    state,
    transport: JSON.stringify(transport),
    onFailure,
    timeoutMilliseconds: String(timeoutMilliseconds),
    ...(match === undefined ? {} : { match }),
    exemptRepositories: exemptRepositories.join(', '),
    scopes: JSON.stringify(scopes.map(({ target }) => target)),
  };
}
