import { describe, expect, it } from '@jest/globals';
import { scopeFor } from '../../lib/core/scope.ts';
import type { Account } from '../../lib/core/tenant.ts';

const organization = { kind: 'organization', organization: 'acme' };
const repository = { kind: 'repository', owner: 'acme', repository: 'app' };

describe('where a runner registers', () => {
  it.each<[Account, object]>([
    [{ login: 'acme', type: 'Organization', level: 'organization' }, organization],
    [{ login: 'acme', type: 'Organization', level: 'repository' }, repository],
    [{ login: 'acme', type: 'User', level: 'repository' }, repository],
    // Rows of an earlier version name no level.
    [{ login: 'acme', type: 'Organization' }, organization],
    [{ login: 'acme', type: 'User' }, repository],
  ])('for %j', (account, scope) => {
    expect(scopeFor(account, 'acme/app')).toEqual(scope);
  });
});
