/** How commands approve, suspend and resume a tenant. */
import { describe, expect, it } from '@jest/globals';
import { useFreshTenants } from './fresh-tenants.ts';

const { givenStored, stored, recordOf, tenant } = useFreshTenants();

describe('the status of a tenant', () => {
  it('is approved', async () => {
    await givenStored({ status: 'pending' });
    expect(await tenant('approve')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/status: pending → active/),
    });
    expect(await stored()).toMatchObject({ status: { S: 'active' } });
  });

  it('is suspended and resumed by the operator', async () => {
    await givenStored();
    expect(await tenant('suspend', '--reason', 'crypto mining')).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject({ status: { S: 'suspended' }, suspended_by: { S: 'operator' } });
    expect(await tenant('resume')).toMatchObject({ status: 0 });
    expect(await stored()).toMatchObject({ status: { S: 'active' }, version: { N: '3' } });
    expect(await stored()).not.toHaveProperty('suspended_by');
  });

  it("distinguishes GitHub's suspension: a ban replaces it, and resume does not lift it", async () => {
    await givenStored({ status: 'suspended', suspendedBy: 'github' });
    expect(await tenant('resume')).toMatchObject({
      status: 2,
      error: expect.stringContaining('must unsuspend it'),
    });
    expect(await tenant('suspend')).toMatchObject({
      status: 0,
      out: expect.stringContaining('status: suspended-by-github → suspended'),
    });
  });

  it('has a tenant that needs attention try again immediately', async () => {
    const attention = { code: 'github-refused', text: 'No.', since: '2026-11-21', probeAt: 9e12 } as const;
    await givenStored({ attention });
    expect(await tenant('resume', '--dry-run')).toMatchObject({ status: 0 });
    expect(await stored()).toHaveProperty('attention');
    expect(await tenant('resume')).toMatchObject({
      status: 0,
      out: expect.stringContaining('retries now'),
    });
    expect(Object.keys((await stored())!).filter((name) => name.startsWith('attention'))).toEqual([]);
    expect(await recordOf(2)).toBeUndefined();
  });

  it.each([
    ['approve', 'suspended', 'tenant resume'],
    ['resume', 'pending', 'tenant approve'],
    ['approve', 'deleted', 'only a pending tenant'],
    ['suspend', 'deleted', 'uninstalled the App'],
    ['resume', 'deleted', 'uninstalled the App'],
  ] as const)('%s refuses a tenant that is %s, and says what would help', async (word, status, words) => {
    await givenStored({ status });
    expect(await tenant(word)).toMatchObject({ status: 2, error: expect.stringContaining(words) });
    expect(await stored()).toMatchObject({ status: { S: status } });
  });
});
