import { describe, expect, it } from '@jest/globals';
import type { Installation } from '../../lib/core/github.ts';
import { explainRefusal, type RefusedOptions } from '../../lib/core/refused-runner.ts';
import { permissions } from '../support/given.ts';

const installation: Installation = {
  accountId: 1,
  accountLogin: 'acme',
  accountType: 'Organization',
  suspended: false,
  permissions,
};
const explain = (over: Partial<RefusedOptions> = {}) =>
  explainRefusal({
    refusal: { kind: 'forbidden', message: 'No.' },
    account: { login: 'acme', type: 'Organization' },
    scope: { kind: 'organization', organization: 'acme' },
    installation,
    ...over,
  });
const notFound = { kind: 'not-found', message: 'Gone.' } as const;
const repository = { kind: 'repository', owner: 'acme', repository: 'app' } as const;
const granted = (name: string, given: string) => ({
  ...installation,
  permissions: { ...permissions, [name]: given },
});

describe('a runner that GitHub refused', () => {
  it('holds all jobs if GitHub shows no installation: it may be a temporary error', () => {
    expect(explain({ installation: undefined })).toEqual({
      kind: 'hold',
      code: 'github-refused',
      mayPass: true,
      probeSeconds: 120,
      text: 'GitHub shows no installation of the App for acme. One machine retries every two minutes; the jobs wait.',
    });
  });

  it('refuses the job of an App that is suspended', () => {
    expect(explain({ installation: { ...installation, suspended: true } })).toEqual({
      kind: 'refuse',
      reason: {
        code: 'tenant-suspended',
        text: 'The App is suspended for acme (by github); have it unsuspended and re-run the job.',
      },
    });
  });

  it.each([
    ['organization_self_hosted_runners', { kind: 'organization', organization: 'acme' }],
    ['administration', repository],
  ] as const)('holds all jobs if %s is missing, and tries again every ten minutes', (name, scope) => {
    expect(explain({ scope, installation: granted(name, 'read') })).toMatchObject({
      kind: 'hold',
      code: 'permission-missing',
      mayPass: false,
      probeSeconds: 600,
      text: expect.stringContaining(`The App needs ${name}: write for acme and has read.`),
    });
  });

  it('reports a permission that was never granted as missing', () => {
    const bare = { ...installation, permissions: {} };
    expect(explain({ installation: bare })).toMatchObject({ text: expect.stringContaining('and has none.') });
  });

  it.each(['write', 'admin'])('points to the settings if the permission is %s nevertheless', (given) => {
    expect(explain({ installation: granted('organization_self_hosted_runners', given) })).toEqual({
      kind: 'hold',
      code: 'permission-missing',
      mayPass: true,
      probeSeconds: 120,
      text: 'GitHub refuses runners to acme (No.). Check its settings for self-hosted runners; one machine retries every two minutes.',
    });
  });

  it('holds all jobs of an organization that cannot be found, and lets one of a repository rest', () => {
    expect(explain({ refusal: notFound })).toMatchObject({
      kind: 'hold',
      code: 'github-refused',
      text: expect.stringMatching(
        /^GitHub refused a runner for acme \(not-found: Gone\.\)\. One machine retries/,
      ),
    });
    expect(explain({ refusal: notFound, scope: repository })).toEqual({
      kind: 'pause',
      reason: {
        code: 'github-refused',
        text: 'GitHub refused a runner for acme (not-found: Gone.). The job is retried later.',
      },
    });
  });
});
