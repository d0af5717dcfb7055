import { describe, expect, it } from '@jest/globals';
import { judge } from '../../lib/core/admission.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { givenJob, givenTenant, givenTier, medium } from '../support/given.ts';

describe('judge', () => {
  it.each([
    { world: 'an active tenant', tenant: givenTenant(), verdict: 'admit', code: undefined },
    { world: 'an unknown tenant', tenant: undefined, verdict: 'hold', code: 'tenant-unknown' },
    {
      world: 'a pending tenant',
      tenant: givenTenant({ status: 'pending' }),
      verdict: 'hold',
      code: 'tenant-pending',
    },
    {
      world: 'a suspended tenant',
      tenant: givenTenant({ status: 'suspended' }),
      verdict: 'refuse',
      code: 'tenant-suspended',
    },
    {
      world: 'a deleted tenant',
      tenant: givenTenant({ status: 'deleted' }),
      verdict: 'refuse',
      code: 'tenant-deleted',
    },
    {
      world: 'a reinstalled tenant whose machines still end',
      tenant: givenTenant({ predecessor: InstallationId(7) }),
      verdict: 'hold',
      code: 'predecessor-draining',
    },
    {
      world: 'a tenant that may not use the tier',
      tenant: givenTenant({ allowedTiers: [medium] }),
      verdict: 'refuse',
      code: 'tier-not-allowed',
    },
    {
      world: "a repository that is not the installation's",
      tenant: givenTenant({ accountId: 2 }),
      verdict: 'refuse',
      code: 'owner-mismatch',
    },
  ])('$world: $verdict $code', ({ tenant, verdict, code }) => {
    const judged = judge(tenant, givenTier(), givenJob());
    expect(judged.kind).toBe(verdict);
    expect(judged.kind === 'admit' ? undefined : judged.reason.code).toBe(code);
  });

  it('says what was given, what is allowed, and how to mend it', () => {
    const judged = judge(givenTenant({ allowedTiers: [medium] }), givenTier(), givenJob());
    expect(judged).toMatchObject({
      reason: { text: expect.stringMatching(/tier small.*may use medium.*Change runs-on/) },
    });
  });
});
