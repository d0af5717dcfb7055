/** What keeps a tenant's launch small, or prevents it, besides the tenant's own limits. */
import { describe, expect, it } from '@jest/globals';
import { findSupply } from '../../lib/app/launch/supply.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import type { ClosingCause } from '../../lib/core/pools.ts';
import { acme, givenTenant, givenTier, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const pools = ['on-demand:t3.medium:us-east-1a', 'on-demand:t3.medium:us-east-1b'];
const closed = (cause: ClosingCause, until: number, names: readonly string[] = pools) =>
  Object.fromEntries(names.map((name) => [name, { cause, code: 'Code', until }]));
const pace = { callsPerSecond: 1, turns: {}, nextCallAt: noon, lineEndsAt: noon, slowedAt: noon - 1_000 };

async function given(
  over: { closings?: object; pace?: typeof pace; deployment?: Partial<Deployment>; hasTurn?: boolean } = {},
) {
  const tenant = givenTenant({ maxRunners: 50 });
  const tier = over.deployment?.tiers?.[0] ?? givenTier({ maxRunners: 50 });
  const platform = await givenPlatform({
    tenants: [tenant],
    deployment: { tiers: [tier], ...over.deployment },
  });
  if (over.pace) await platform.notes.write('launch-pace', { value: over.pace, expiresAt: noon + 60_000 });
  const scarcity = { closings: over.closings ?? {}, pace: over.pace } as never;
  const supply = await findSupply(platform, { tenant, tier, hasTurn: over.hasTurn ?? false, scarcity });
  const bounds = supply.bounds.map(({ machines, reason: { code }, passesByItself }) => [
    ...[code, machines, passesByItself],
  ]);
  const paceNow = () => platform.notes.all.get('launch-pace')?.value as unknown as typeof pace;
  return { supply, bounds, paceNow };
}

const rate = ['launch-rate', 60, true];

describe('what a launch may have', () => {
  it('is its rate where nothing is short, and every pool is open', async () => {
    const { supply, bounds } = await given();
    expect(bounds).toEqual([rate]);
    expect(supply).toMatchObject({ paced: false, caps: [], open: { kind: 'open' } });
  });

  it.each<[ClosingCause, string, boolean]>([
    ['capacity', 'capacity', true],
    ['unoffered', 'launch-failed', false],
    ['quota', 'quota', false],
    ['fatal', 'launch-failed', false],
  ])('is nothing where its pools are closed for %s', async (cause, code, passesByItself) => {
    const { supply, bounds } = await given({ closings: closed(cause, noon + 1) });
    expect(bounds).toEqual([rate, [code, 0, passesByItself]]);
    expect(supply.open).toBeUndefined();
  });

  it('is four machines at a time where its pools were closed lately', async () => {
    const { supply, bounds } = await given({ closings: closed('capacity', noon) });
    expect(bounds).toEqual([rate, ['capacity', 4, true]]);
    expect(supply.open?.pools).toHaveLength(2);
  });

  it('is bounded by each cap over all tenants', async () => {
    const tiers = (machines: number) => [givenTier({ maxRunners: 50, capOverAllTenants: machines })];
    const caps = { waitingJobsPerTenant: 10, launchesPerMinutePerTenant: 60, machinesInAll: 5 };
    const ofTier = await given({ deployment: { tiers: tiers(3), caps } });
    expect(ofTier.bounds).toEqual([['shared-cap', 3, false], ['shared-cap', 5, false], rate]);
    const ofAll = await given({ deployment: { tiers: tiers(9), caps } });
    expect(ofAll.bounds).toEqual([['shared-cap', 9, false], ['shared-cap', 5, false], rate]);
  });

  it('says after how many machines a minute is full, which is never less than the tenant’s limit', async () => {
    const caps = { waitingJobsPerTenant: 10, launchesPerMinutePerTenant: 6 };
    const { supply } = await given({ deployment: { caps } });
    expect(supply.bounds[0]?.reason.text).toMatch(/^acme started 50 runners within a minute/);
  });
});

describe('while EC2 throttles', () => {
  it('a launch takes a turn', async () => {
    const { supply, bounds, paceNow } = await given({ pace });
    expect([supply.paced, bounds]).toEqual([true, [rate]]);
    expect(paceNow().nextCallAt).toBe(noon + 1_000);
  });

  it('a launch has none where its turn comes later, and a place in line', async () => {
    const { bounds, paceNow } = await given({ pace: { ...pace, nextCallAt: noon + 20_000 } });
    expect(bounds).toEqual([rate, ['throttled', 0, true]]);
    expect(Object.keys(paceNow().turns)).toEqual([`${acme}/small`]);
  });

  it.each([
    ['has its turn', { hasTurn: true }],
    ['has no pool', { closings: closed('capacity', noon + 1) }],
  ])('a launch takes none where it %s', async (_, over) => {
    const { paceNow, bounds } = await given({ pace, ...over });
    expect(bounds.map(([code]) => code)).not.toContain('throttled');
    expect(paceNow()).toEqual(pace);
  });
});
