/** Tenants as the gates read them: each with the epoch of the operator's own policy, which costs a read in some seconds. */
import { describe, expect, it } from '@jest/globals';
import { withPlatformPolicy } from '../../lib/app/admission/platform-policy.ts';
import { policyAt } from '../../lib/app/admission/policies.ts';
import type { ControllerPolicy } from '../../lib/core/controllers/controller.ts';
import { acme, givenEvent } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

/** The operator's policy has this epoch; undefined: there is none. */
async function given(epoch: number | undefined) {
  const { stores, clock, accept, liveMachines } = await givenPlatform();
  const seen = { reads: 0, fails: false };
  const controllers = {
    platformEpoch: async () => {
      seen.reads += 1;
      if (seen.fails) throw new Error('not now');
      return epoch;
    },
  };
  const judged = withPlatformPolicy(stores, { controllers, clock });
  await accept(givenEvent());
  const runner = stores.world.runner(liveMachines()[0]!)!;
  return { ...judged, stores, clock, runner, seen };
}

describe('the epoch of the operator’s policy', () => {
  it.each([[7], [undefined]])('is returned with each tenant, however it is read: %s', async (epoch) => {
    const { tenants, runners, stores, runner } = await given(epoch);
    const plain = stores.world.tenant(acme)!;
    const expected = epoch === undefined ? plain : { ...plain, platformEpoch: epoch };
    expect(await tenants.get(acme)).toEqual(expected);
    expect(await tenants.glance(acme)).toEqual(expected);
    expect(await tenants.findByAccount(plain.accountId)).toEqual([expected]);
    expect(await tenants.findAcrossTenants([acme])).toEqual([expected]);
    expect(await runners.readPlan(runner)).toEqual({ job: expect.anything(), tenant: expected });
    expect(await runners.readRun(runner)).toEqual({
      ...{ job: expect.anything(), runner: expect.anything(), tenant: expected },
    });
  });

  it('does not create a tenant that does not exist', async () => {
    const { tenants, runners, stores, runner } = await given(7);
    stores.world.rows.tenants.clear();
    expect(await tenants.get(acme)).toBeUndefined();
    expect((await runners.readPlan(runner)).tenant).toBeUndefined();
    expect((await runners.readRun(runner)).tenant).toBeUndefined();
  });

  it('is read again after five seconds, or if the clock was set back', async () => {
    const { tenants, clock, seen } = await given(7);
    const readsAfter = async (milliseconds: number) => {
      clock.advance(milliseconds);
      await tenants.get(acme);
      return seen.reads;
    };
    expect([await readsAfter(0), await readsAfter(4_999), await readsAfter(1)]).toEqual([1, 1, 2]);
    expect(await readsAfter(-1)).toBe(3);
  });

  it('is read again immediately after a failed read', async () => {
    const { tenants, seen } = await given(7);
    seen.fails = true;
    await expect(tenants.get(acme)).rejects.toThrow('not now');
    seen.fails = false;
    expect(await tenants.get(acme)).toMatchObject({ platformEpoch: 7 });
  });
});

describe('a cached policy', () => {
  async function givenReader() {
    const { controllers } = await givenPlatform();
    const { policyOf } = controllers;
    const reads: (() => Promise<ControllerPolicy>)[] = [];
    const reader = { ...controllers, policyOf: (owner: typeof acme) => (reads.shift() ?? policyOf)(owner) };
    return { reads, at: (epoch: number) => policyAt({ controllers: reader }, acme, epoch) };
  }

  it('is read again after a failed read', async () => {
    const { reads, at } = await givenReader();
    reads.push(() => Promise.reject(new Error('not now')));
    await expect(at(1)).rejects.toThrow('not now');
    expect(await at(1)).toMatchObject({ owner: acme });
  });

  it('is not dropped because an earlier read fails late', async () => {
    const { reads, at } = await givenReader();
    const early = Promise.withResolvers<ControllerPolicy>();
    reads.push(() => early.promise);
    const first = at(1);
    const second = at(2);
    await second;
    early.reject(new Error('late'));
    await expect(first).rejects.toThrow('late');
    reads.push(() => Promise.reject(new Error('read again')));
    const { epoch } = await second;
    expect(await at(epoch)).toMatchObject({ owner: acme });
  });
});
