import { describe, expect, it } from '@jest/globals';
import { changeLines } from '../../../lib/cli/tenants/policy-text.ts';

describe('a change of a tenant’s policy in words', () => {
  it('has its lines in one order, however the table returns the attributes', () => {
    const after = {
      permissions: { M: { actions: { S: 'read' } } },
      max_runners: { N: '2' },
      account_login: { S: 'acme' },
      tier: { S: 'small' },
      status: { S: 'active' },
    };
    const reversed = Object.fromEntries(Object.entries(after).toReversed());

    const names = ['status', 'plan', 'max runners', 'login', 'permissions'];
    expect(changeLines({}, after).map(({ name }) => name)).toEqual(names);
    expect(changeLines(reversed, {}).map(({ name }) => name)).toEqual(names);
  });
});
