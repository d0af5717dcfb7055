import { describe, expect, it } from '@jest/globals';
import type { Installation } from '../../lib/core/github.ts';
import { firstStatus, tenantChange } from '../../lib/core/tenant-change.ts';
import { givenTenant, permissions } from '../support/given.ts';

const installed: Installation = {
  accountId: 1,
  accountLogin: 'acme',
  accountType: 'Organization',
  suspended: false,
  permissions,
};
const suspended = { ...installed, suspended: true };
const { permissions: _unknown, ...withoutPermissions } = givenTenant();
const byGitHub = givenTenant({ status: 'suspended', suspendedBy: 'github' });
const byOperator = givenTenant({ status: 'suspended', suspendedBy: 'operator' });
const editedByHand = givenTenant({ status: 'suspended' });
const deleted = givenTenant({ status: 'deleted', statusBeforeDeletion: 'active' });

describe('tenantChange', () => {
  it.each([
    ['stays as it is when nothing changed', givenTenant(), installed, undefined],
    [
      'is suspended when GitHub says so',
      givenTenant(),
      suspended,
      { status: 'suspended', suspendedBy: 'github' },
    ],
    [
      'is active again when GitHub lifts what GitHub set',
      byGitHub,
      installed,
      { status: 'active', suspendedBy: null },
    ],
    ["keeps an operator's ban", byOperator, installed, undefined],
    ['keeps a ban that was set by editing status alone', editedByHand, installed, undefined],
    [
      'stays pending while suspended, so that no unsuspend approves it',
      givenTenant({ status: 'pending' }),
      suspended,
      undefined,
    ],
    [
      'is deleted when GitHub knows no such installation',
      byOperator,
      undefined,
      { status: 'deleted', statusBeforeDeletion: 'suspended' },
    ],
    ['stays deleted, whatever comes late', deleted, installed, undefined],
    ['is deleted once', deleted, undefined, undefined],
    ['stays deleted under another name', deleted, { ...installed, accountLogin: 'acme-2' }, undefined],
    ['stays suspended while GitHub says so', byGitHub, suspended, undefined],
    [
      'is not made active by an unsuspension that was noted before its approval',
      givenTenant({ status: 'pending', suspendedBy: 'github' }),
      installed,
      undefined,
    ],
    [
      'follows a new name',
      givenTenant(),
      { ...installed, accountLogin: 'acme-2' },
      { accountLogin: 'acme-2' },
    ],
    [
      'follows new permissions',
      givenTenant(),
      { ...installed, permissions: { metadata: 'read' } },
      { permissions: { metadata: 'read' } },
    ],
    ['takes permissions down where it knew none', withoutPermissions, installed, { permissions }],
  ])('a tenant %s', (_title, tenant, now, change) => {
    expect(tenantChange(tenant, now)).toEqual(change);
  });
});

describe('firstStatus', () => {
  const wasSuspended = givenTenant({
    status: 'deleted',
    statusBeforeDeletion: 'suspended',
    suspendedBy: 'operator',
  });
  const wasPending = givenTenant({ status: 'deleted', statusBeforeDeletion: 'pending' });
  it.each([
    ['a first installation is active', installed, undefined, 'open', { status: 'active' }],
    ['a first installation waits for approval', installed, undefined, 'approve', { status: 'pending' }],
    [
      'a reinstall of an approved account needs no second approval',
      installed,
      deleted,
      'approve',
      { status: 'active' },
    ],
    [
      'a reinstall of an account that was never approved waits',
      installed,
      wasPending,
      'approve',
      { status: 'pending' },
    ],
    [
      "a reinstall inherits an operator's ban",
      installed,
      wasSuspended,
      'open',
      { status: 'suspended', suspendedBy: 'operator' },
    ],
    ["a reinstall does not inherit GitHub's suspension", installed, byGitHub, 'open', { status: 'active' }],
    ['nor needs it a second approval after one', installed, byGitHub, 'approve', { status: 'active' }],
    [
      'an operator who edits the status alone bans all the same',
      installed,
      editedByHand,
      'open',
      { status: 'suspended', suspendedBy: 'operator' },
    ],
    [
      'an installation that is suspended already',
      suspended,
      undefined,
      'open',
      { status: 'suspended', suspendedBy: 'github' },
    ],
  ] as const)('%s', (_title, installation, previous, onboarding, status) => {
    expect(firstStatus(installation, previous, onboarding)).toEqual(status);
  });
});
