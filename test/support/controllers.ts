/** Admission controllers as tests begin with. */
import type { Controller } from '../../lib/core/controllers/controller.ts';
import type { ControllerScope, ScopeTarget } from '../../lib/core/controllers/scope.ts';
import { acme } from './given.ts';

const at = '2026-11-21T12:00:00.000Z';

/** Disabled, and asked nowhere. */
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
