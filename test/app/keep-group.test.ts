/** A runner group that the reconciler keeps in step with the repositories that the operator allowed. */
import { describe, expect, it } from '@jest/globals';
import type { Tenant } from '../../lib/core/tenant.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { memoryRepositoryId } from '../fakes/github-state.ts';
import { acme, givenTenant } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const idOf = (name: string) => memoryRepositoryId(`acme/${name}`);
const names = Array.from({ length: 25 }, (_, n) => `r${n}`);
const many = names.map(idOf);
const builds = { id: 7, name: 'builds', visibility: 'selected', allowsPublicRepositories: false } as const;

async function givenKept(over: { tenant?: Partial<Tenant>; group?: object } = {}) {
  const policy = { runnerGroup: 'Builds', keepsRunnerGroup: true, allowedRepositories: many.slice(0, 2) };
  const platform = await givenPlatform({ tenants: [givenTenant({ ...policy, ...over.tenant })] });
  const installation = await platform.github.getInstallation(acme);
  if (!installation.ok) throw new Error('not installed');
  platform.github.putInstallation(acme, { ...installation.value, repositories: names });
  platform.github.putGroup(acme, { ...builds, selectedRepositoryIds: [], ...over.group });
  return platform;
}
type Platform = Awaited<ReturnType<typeof givenKept>>;

async function selected(platform: Platform) {
  const answer = await platform.github.getRunnerGroup(acme, 'acme', 'builds');
  return answer.ok ? answer.value?.selectedRepositoryIds?.toSorted() : answer.refusal;
}
const records = ({ stores: { world } }: Platform) => [...world.rows.groupChanges.values()];

describe('a group that is kept in sync', () => {
  it('gets missing repositories and loses those not allowed, which is recorded before the next look', async () => {
    const platform = await givenKept({ group: { selectedRepositoryIds: [many[1]!, many[5]!] } });
    await platform.reconcile();
    expect(await selected(platform)).toEqual(many.slice(0, 2).toSorted());
    expect(records(platform)).toMatchObject([{ before: [many[1], many[5]], after: many.slice(0, 2) }]);
    expect(platform.queues.installations).toContainEqual({ kind: 'look-at-group', installationId: acme });
  });

  it('is not changed if it is already correct', async () => {
    const platform = await givenKept({ group: { selectedRepositoryIds: many.slice(0, 2).toReversed() } });
    await platform.reconcile();
    expect(records(platform)).toEqual([]);
    expect(platform.queues.installations).toEqual([]);
  });

  it('follows a long list over several visits', async () => {
    const platform = await givenKept({ tenant: { allowedRepositories: many } });
    await platform.reconcile();
    expect(await selected(platform)).toHaveLength(10);
    for (let visit = 0; visit < 2; visit += 1) await platform.reconcile();
    expect(await selected(platform)).toEqual(many.toSorted());
  });

  it('admits the others if one is gone, and names it', async () => {
    const gone = 999_999;
    const platform = await givenKept({ tenant: { allowedRepositories: [gone, many[0]!] } });
    await platform.reconcile();
    expect(await selected(platform)).toEqual([many[0]]);
    const told = platform.telemetry.events.filter(({ name }) => name === 'group-not-kept');
    expect(told).toMatchObject([{ level: 'warn', fields: { repositoryId: gone, why: 'not-found' } }]);
  });

  it('changes nothing unrecorded, wherever the reconciler dies', async () => {
    const platform = await givenKept();
    platform.stores.world.failNext('audit.recordGroupChange', new Error('died'));
    await platform.reconcile().catch(() => undefined);
    expect(await selected(platform)).toEqual([]);
    const error = new OperationalError('died', { code: 'unreachable', retryable: true });
    platform.github.failNext('admitToGroup', { error, after: true });
    await platform.reconcile().catch(() => undefined);
    await platform.reconcile();
    expect(await selected(platform)).toEqual(many.slice(0, 2).toSorted());
    expect(records(platform).length).toBeGreaterThan(0);
  });

  const untouched: readonly (readonly [string, Parameters<typeof givenKept>[0]])[] = [
    ['is not to be kept', { tenant: { keepsRunnerGroup: false } }],
    ['is for all repositories', { group: { visibility: 'all', selectedRepositoryIds: undefined } }],
    ['has another name', { group: { name: 'others' } }],
    ['is of a tenant whose runners register with repositories', { tenant: { runnerLevel: 'repository' } }],
  ];
  const notKept: readonly (readonly [string, string, object])[] = [
    ['missing', 'nobody made it', { name: 'others' }],
    ['not-selected', 'it is for all repositories', { visibility: 'all', selectedRepositoryIds: undefined }],
    ['too-large', 'GitHub does not list all that it selects', { selectedRepositoryIds: undefined }],
  ];
  it.each(notKept)('is not changed, but reported as %s: %s', async (why, _, group) => {
    const platform = await givenKept({ group });
    await platform.reconcile();
    const told = platform.telemetry.events.filter(({ name }) => name === 'group-not-kept');
    expect(told).toMatchObject([{ fields: { installationId: acme, why } }]);
    expect(records(platform)).toEqual([]);
  });

  it('is not checked if GitHub permits no changes', async () => {
    const platform = await givenKept();
    const refusal = { kind: 'forbidden', message: 'No.' } as const;
    platform.github.failNext('admitToGroup', { refusal }, { refusal });
    await platform.reconcile();
    expect(platform.queues.installations).not.toContainEqual(
      expect.objectContaining({ kind: 'look-at-group' }),
    );
  });

  it('is neither changed nor reported as missing if GitHub refuses to list the groups', async () => {
    const platform = await givenKept();
    platform.github.failNext('getRunnerGroup', { refusal: { kind: 'forbidden', message: 'No.' } });
    await platform.reconcile();
    const told = platform.telemetry.events.filter(({ name }) => name === 'group-not-kept');
    expect(told).toEqual([]);
  });

  it.each(untouched)('is not changed if it %s', async (_, over) => {
    const platform = await givenKept(over);
    await platform.reconcile();
    expect(records(platform)).toEqual([]);
  });
});
