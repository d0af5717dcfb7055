/** A tenant whose settings are valid, here and on GitHub, as `mayfly tenant validate` reads them. */
import type { Seen } from '../../lib/cli/tenants/validate-rules.ts';
import type { RunnerGroup } from '../../lib/core/runner-group.ts';
import { givenTenant, noon, permissions } from './given.ts';

export const group: RunnerGroup = {
  id: 1,
  name: 'Default',
  visibility: 'all',
  allowsPublicRepositories: false,
};
export const app = { id: 7, fullName: 'acme/app', ownerId: 1, visibility: 'private' } as const;
export const ok = <Value>(value: Value) => ({ ok: true, value }) as const;
export const refused = { ok: false, refusal: { kind: 'not-found', message: 'Not Found' } } as const;
export const url = 'https://hooks.example.com/';
export const installation = {
  accountId: 1,
  accountLogin: 'acme',
  accountType: 'Organization',
  suspended: false,
  permissions,
} as const;

export const seen = (over: Partial<Seen> = {}): Seen => ({
  tenant: givenTenant(),
  tiers: ['small', 'medium'],
  app: ok({ name: 'Mayfly', permissions, events: ['workflow_job'], webhookUrl: url }),
  installation: ok(installation),
  repositories: ok([app]),
  unlisted: new Map(),
  group: ok(group),
  endpoint: { url, status: 401 },
  deliveries: ok({ at: noon - 60_000, statusCode: 202 }),
  actions: new Map([['acme/app', ok(true)]]),
  now: noon,
  ...over,
});
