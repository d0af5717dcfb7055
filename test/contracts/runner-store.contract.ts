/** What every RunnerStore promises about a machine's own life. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstanceId, JobId, LaunchId, leaseOf } from '../../lib/core/ids.ts';
import type { Runner } from '../../lib/core/runner.ts';
import { acme, noon } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenRunner, launch1, machine, nobody, storedTenant, theTenant } from './support/stored.ts';

const claiming = { instanceId: machine, launchId: launch1, nonce: 'aa', at: noon + 1 };
const confirming = { instanceId: machine, launchId: launch1, nonce: 'aa', at: noon + 2 };
const ending = { reason: 'stood-down', at: noon + 9 } as const;
const other = InstanceId('i-2');

export function runnerStoreContract(backend: StoreBackend): void {
  describe(`RunnerStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const theRunner = (id = machine) => stores.runners.get(acme, id);
    const bound = async (over: Partial<Runner> = {}) => {
      await stores.runners.bind([givenRunner(over)]);
      return givenRunner(over);
    };
    const claimed = async () => {
      const outcome = await bound().then(() => stores.runners.claim(claiming));
      if (outcome.kind !== 'claimed') throw new Error(`The claim was answered with ${outcome.kind}.`);
      return outcome.runner;
    };

    describe('bind and get', () => {
      it('reads back a runner with every field', async () => {
        const runner = await bound({
          state: 'ended',
          nonce: 'aa',
          claimedAt: noon + 1,
          listeningAt: noon + 2,
          endedAt: noon + 3,
          endReason: 'job-completed',
          spot: true,
        });

        expect(await theRunner()).toEqual(runner);
      });

      it('inserts unknown ones, and leaves the others unchanged', async () => {
        const runner = await claimed();

        await stores.runners.bind([givenRunner(), givenRunner({ instanceId: other })]);

        expect(await theRunner()).toEqual(runner);
        expect(await theRunner(other)).toEqual(givenRunner({ instanceId: other }));
      });

      it('does not show a machine to another tenant', async () => {
        await bound();

        expect(await stores.runners.get(nobody, machine)).toBeUndefined();
      });

      it('finds more machines than one call can hold, without those it does not know', async () => {
        const ids = Array.from({ length: 130 }, (_, n) => InstanceId(`i-${n}`));
        await stores.runners.bind(ids.map((instanceId) => givenRunner({ instanceId })));

        const found = await stores.runners.findAcrossTenants([...ids, InstanceId('i-none'), machine]);

        expect(found.map((runner) => runner.instanceId).sort()).toEqual([...ids].sort());
        expect(await stores.runners.findAcrossTenants([])).toEqual([]);
      });
    });

    describe('claim', () => {
      it('is given to the first nonce, and again to the same one, unchanged', async () => {
        await bound();
        const runner = givenRunner({ state: 'claimed', nonce: 'aa', claimedAt: noon + 1 });

        expect(await stores.runners.claim(claiming)).toEqual({ kind: 'claimed', runner });
        expect(await stores.runners.claim({ ...claiming, at: noon + 5 })).toEqual({
          kind: 'claimed',
          runner,
        });
      });

      it('returns unknown for a machine that is not bound, and binds none', async () => {
        expect(await stores.runners.claim(claiming)).toEqual({ kind: 'unknown' });
        expect(await theRunner()).toBeUndefined();
      });

      it('refuses a ticket of another launch', async () => {
        await bound();

        const outcome = await stores.runners.claim({ ...claiming, launchId: LaunchId('launch-2') });

        expect(outcome).toEqual({ kind: 'refused', why: 'other-launch' });
      });

      it('refuses another nonce', async () => {
        await claimed();

        const outcome = await stores.runners.claim({ ...claiming, nonce: 'bb' });

        expect(outcome).toEqual({ kind: 'refused', why: 'other-nonce' });
      });

      it('refuses even its own nonce after confirm, and after the end', async () => {
        const runner = await claimed();
        await stores.runners.confirm(confirming);
        expect(await stores.runners.claim(claiming)).toEqual({ kind: 'refused', why: 'confirmed' });

        await stores.runners.end([{ ...ending, runner }]);
        expect(await stores.runners.claim(claiming)).toEqual({ kind: 'refused', why: 'ended' });
      });
    });

    describe('requireGate', () => {
      it('keeps when it was', async () => {
        await bound();
        expect(await stores.runners.requireGate(givenRunner(), noon + 7)).toBe(true);

        expect(await theRunner()).toEqual({ ...givenRunner(), gateRequiredAt: noon + 7 });
      });

      it('has no effect in another state, on a machine with a gate, or without a machine', async () => {
        expect(await stores.runners.requireGate(givenRunner(), noon + 7)).toBe(false);
        const runner = await claimed();
        expect(await stores.runners.requireGate(givenRunner(), noon + 7)).toBe(false);
        await stores.runners.confirm({ ...confirming, gated: true });
        const listening = { ...runner, state: 'listening' } as const;

        expect(await stores.runners.requireGate(listening, noon + 7)).toBe(false);
        expect(await theRunner()).not.toHaveProperty('gateRequiredAt');
      });
    });

    describe('confirm', () => {
      it.each([true, false])('needs the gate that is required by then; gated: %s', async (gated) => {
        await stores.runners.requireGate(await claimed(), noon + 1);

        expect(await stores.runners.confirm({ ...confirming, gated })).toBe(gated);
      });

      it('is accepted once, from the nonce that claimed', async () => {
        const runner = await claimed();

        expect(await stores.runners.confirm({ ...confirming, nonce: 'bb', gated: true })).toBe(false);
        expect(await stores.runners.confirm({ ...confirming, launchId: LaunchId('launch-2') })).toBe(false);
        expect(await stores.runners.confirm(confirming)).toBe(true);
        expect(await stores.runners.confirm(confirming)).toBe(false);

        const { at: listeningAt } = confirming;
        expect(await theRunner()).toEqual({ ...runner, state: 'listening', listeningAt });
      });

      it('records that the first step of its job waits for the start gate', async () => {
        await claimed();
        await stores.runners.confirm({ ...confirming, gated: true });

        expect(await theRunner()).toMatchObject({ state: 'listening', gated: true });
        expect(await theRunner()).not.toHaveProperty('runningAt');
      });

      it('keeps when the kernel started', async () => {
        await claimed();
        await stores.runners.confirm({ ...confirming, runningAt: confirming.at - 30_000 });

        expect(await theRunner()).toMatchObject({ runningAt: confirming.at - 30_000 });
      });

      it('is not accepted from a machine that never claimed', async () => {
        await bound();

        expect(await stores.runners.confirm(confirming)).toBe(false);
      });
    });

    describe('deadlines and the end', () => {
      it('moves a deadline forward, never back', async () => {
        const runner = await bound();

        expect(await stores.runners.extend(runner, runner.deadline + 1)).toBe(true);
        expect(await stores.runners.extend(runner, runner.deadline - 1)).toBe(true);
        expect(await theRunner()).toMatchObject({ deadline: runner.deadline + 1 });
      });

      it('is recorded once for running an unknown job, even after its end', async () => {
        await storedTenant(stores);
        const runner = await bound();
        await stores.runners.end([{ ...ending, runner }]);

        const noted = [noon, noon + 1].map((at) => stores.runners.noteUnknownRun(runner, at));

        expect((await Promise.all(noted)).filter((first) => first)).toHaveLength(1);
        expect((await theRunner())?.unknownRunAt).toBeGreaterThanOrEqual(noon);
        const unknown = { ...runner, instanceId: InstanceId('i-none') };
        expect(await stores.runners.noteUnknownRun(unknown, noon)).toBe(false);
        expect((await theTenant(stores)).unknownRuns).toBe(1);
      });

      it('is not recorded for an unknown job of a tenant without a row', async () => {
        const runner = await bound();
        const ofNobody = { ...runner, installationId: nobody };

        expect(await stores.runners.noteUnknownRun(ofNobody, noon)).toBe(false);
        expect(await theRunner()).not.toHaveProperty('unknownRunAt');
        expect(await stores.tenants.get(nobody)).toBeUndefined();
      });

      it('ends once, and reports that each time', async () => {
        const runner = await bound();

        const later = { runner, reason: 'boot-deadline' as const, at: noon + 99 };
        expect(await stores.runners.end([{ ...ending, runner }])).toEqual(['ended']);
        expect(await stores.runners.end([later])).toEqual(['was-ended']);
        expect(await theRunner()).toEqual({
          ...runner,
          state: 'ended',
          endedAt: noon + 9,
          endReason: 'stood-down',
        });
      });

      it("keeps a machine's console with its end", async () => {
        const runner = await bound();

        await stores.runners.end([{ ...ending, runner, console: 'line\nlast line' }]);
        await stores.runners.end([{ ...ending, runner, console: 'another' }]);

        expect(await theRunner()).toMatchObject({ state: 'ended', console: 'line\nlast line' });
      });

      it('does not end if its run or its plan has changed since it was read', async () => {
        const runner = await bound();
        await stores.runners.recordRan([{ instanceId: machine, jobId: JobId(5) }]);

        const end = async (over: Partial<Runner>) =>
          stores.runners.end([{ ...ending, runner: { ...runner, ...over } }]);
        expect(await end({})).toEqual(['changed']);
        expect(await end({ plannedJob: JobId(9), ran: JobId(5) })).toEqual(['changed']);
        expect(await end({ ran: JobId(6) })).toEqual(['changed']);
        expect(await theRunner()).toEqual({ ...runner, ran: 5 });
        expect(await end({ ran: JobId(5) })).toEqual(['ended']);
      });

      it('keeps the former lease of the job that it ran', async () => {
        const runner = await bound();
        const run = { instanceId: machine, jobId: JobId(5) };
        await stores.runners.recordRan([{ ...run, leftLease: leaseOf(launch1, 7) }]);
        await stores.runners.recordRan([run]);

        expect(await theRunner()).toEqual({ ...runner, ran: 5, leftLease: leaseOf(launch1, 7) });
      });

      it('changes nothing once it has ended', async () => {
        const runner = await bound();
        await stores.runners.end([{ ...ending, runner }]);
        const before = await theRunner();

        const run = { instanceId: runner.instanceId, jobId: JobId(5) };
        expect(await stores.runners.recordRan([run])).toEqual([false]);
        expect(await stores.runners.extend(runner, noon + 9_000_000)).toBe(false);
        expect(await theRunner()).toEqual(before);
      });

      it('creates no runner by changing one that is not bound', async () => {
        const runner = givenRunner();

        const run = { instanceId: runner.instanceId, jobId: JobId(5) };
        expect(await stores.runners.recordRan([run])).toEqual([false]);
        expect(await stores.runners.extend(runner, noon)).toBe(false);
        await stores.runners.end([{ ...ending, runner }]);

        expect(await theRunner()).toBeUndefined();
      });
    });
  });
}
