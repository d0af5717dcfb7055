/** How many requests a minute the admission API takes of whom. */
import { expect, it } from '@jest/globals';
import { createRateLimit, requestsPerMinute } from '../../lib/app/admission-api/rate-limit.ts';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import type { StoredToken } from '../../lib/core/controllers/token.ts';
import type { InstallationId } from '../../lib/core/ids.ts';
import { acme } from '../support/given.ts';

const { controller, platformController } = requestsPerMinute;

it.each([
  ['a tenant', acme, controller.token],
  ['the operator, which answers about the jobs of all tenants', platformOwner, platformController.token],
])('lets a controller of %s make so many and no more', async (_whose, owner: InstallationId, most) => {
  let counted = most - 1;
  const limit = createRateLimit({
    clock: { now: () => 1_000, sleep: async () => undefined },
    counts: { count: async () => [++counted, 0] },
  });
  const caller = { kind: 'controller', token: { owner, id: 'tok_1' } as StoredToken } as const;
  expect(await limit.refuse(caller)).toBeUndefined();
  expect(await limit.refuse(caller)).toMatchObject({ fault: { kind: 'too-many' } });
});
