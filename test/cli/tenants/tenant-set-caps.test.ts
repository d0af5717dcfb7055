/** How `mayfly tenant set` sets spend caps, and `mayfly tenant show` shows them. */
import { describe, expect, it } from '@jest/globals';
import { useFreshTenants } from './fresh-tenants.ts';

const fresh = useFreshTenants();
const { givenRow, givenStored, stored, tenant } = fresh;

describe('mayfly tenant set', () => {
  it('sets spend caps in dollars, and shows them before and after, and how much is used', async () => {
    await givenStored();
    const set = await tenant('set', '--spend-cap', '1250.5', '--daily-cap', '40', '--spend-strict', 'on');
    expect(set.out).toMatch(/monthly spend cap: none → \$1,250\.50\n/);
    expect(set.out).toMatch(/daily spend cap: none → \$40\.00\n/);
    expect(set.out).toMatch(/strict spending: as the deployment's → on\n/);
    expect(await stored()).toMatchObject({
      ...{ spend_cap: { N: '1250.5' }, daily_cap: { N: '40' }, spend_strict: { BOOL: true } },
    });
    const shown = await tenant('show');
    expect(shown.out).toMatch(
      /spent +\$0\.00 of \$1,250\.50 in 20\d\d-\d\d, \$0\.00 of \$40\.00 today, strict\n/,
    );
    const back = await tenant(
      'set',
      '--spend-cap',
      'none',
      '--daily-cap',
      'none',
      '--spend-strict',
      'default',
    );
    expect(back.out).toMatch(/daily spend cap: \$40\.00 → none\n/);
    for (const name of ['spend_cap', 'daily_cap', 'spend_strict'])
      expect(await stored()).not.toHaveProperty(name);
  });

  it('says that the cost of live machines is an expected one', async () => {
    await givenStored();
    expect((await tenant('show')).out).not.toContain('expected cost');
    await fresh.account.put('tenants', { ...givenRow(), leases_held: { N: '1' } });
    expect((await tenant('show')).out).toMatch(/spent .* today, with the expected cost of live machines\n/);
  });

  it.each(['-1', '1e3', '0.0000001', '12,50', '10000000', '$5', ''])(
    'refuses a cap of %p dollars',
    async (given) => {
      await givenStored();
      const { status, error } = await tenant('set', `--spend-cap=${given}`);
      expect(status).toBe(2);
      expect(error).toContain('--spend-cap is');
    },
  );

  it('shows an invalid cap that was written by hand as a problem', async () => {
    await fresh.account.put('tenants', { ...givenRow(), spend_cap: { S: 'much' } });
    const { status, out } = await tenant('show');
    expect(status).toBe(1);
    expect(out).toContain('spend_cap is {"S":"much"}; it must be a number (N) of dollars');
    expect((await tenant('set', '--spend-cap', '5')).status).toBe(0);
    expect(await stored()).toMatchObject({ spend_cap: { N: '5' } });
  });
});
