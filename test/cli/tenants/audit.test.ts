/** What `mayfly audit` shows of the changes of tenants. */
import { describe, expect, it } from '@jest/globals';
import { useFreshTenants } from './fresh-tenants.ts';

const fresh = useFreshTenants();
const { givenStored, tenant } = fresh;

describe('mayfly audit', () => {
  it('shows who changed what, and why, oldest first, in words and as JSON', async () => {
    await givenStored();
    await tenant('set', '--max-runners', '3', '--reason', 'ticket 8');
    await tenant('suspend', '--reason', 'mines\x1b[2J coins');
    const { out } = await fresh.account.run('audit', fresh.login);
    expect(out).toMatch(/set by arn:aws:.*: ticket 8\n {4}max runners: 2 → 3\n\n.*suspended by arn/s);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    const entries = JSON.parse((await fresh.account.run('audit', '--since', '1h', '--json')).out);
    const own = entries.filter((entry: { installationId: number }) => entry.installationId === fresh.id);
    expect(own).toMatchObject([
      { action: 'set', version: 2 },
      { action: 'suspended', version: 3 },
    ]);
  });

  it.each(['lately', '5', '2026', '24 h', 'Nov 2026'])('refuses an invalid time: %s', async (time) => {
    const { status, error } = await fresh.account.run('audit', '--since', time);
    expect([status, error]).toEqual([2, expect.stringContaining('it must be like 30m')]);
  });
});
