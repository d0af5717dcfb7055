/** What every ControllerStore promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Controller,
  type ControllerPolicy,
  platformOwner,
} from '../../lib/core/controllers/controller.ts';
import type { Decision } from '../../lib/core/controllers/decision.ts';
import type { JobAdmission } from '../../lib/core/controllers/job-admission.ts';
import type { StoredToken } from '../../lib/core/controllers/token.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { givenController, givenScope } from '../support/controllers.ts';

import { acme, givenTier, small } from '../support/given.ts';
import type { StoreBackend, Stores } from './support/store-backends.ts';
import { givenLaunch, nobody, storedTenant, theTenant, waitingJobs } from './support/stored.ts';

const at = '2026-11-21T13:00:00.000Z';
const beta = InstallationId(202);
const wide = givenScope({ kind: 'installation' });
const enabled = (over: Partial<Controller> = {}) =>
  givenController({ state: 'enabled', scopes: [wide], ...over });
const givenToken = (over: Partial<StoredToken> = {}): StoredToken => ({
  owner: acme,
  controllerId: 'ctl_1',
  id: 'tok_1',
  digest: 'ab12',
  description: 'first',
  createdAt: at,
  ...over,
});
const givenDecision = (over: Partial<Decision> = {}): Decision => ({
  installationId: acme,
  jobId: JobId(1),
  repository: 'acme/app',
  gate: 'queue',
  epoch: 2,
  platformEpoch: 1,
  outcome: 'rejected',
  votes: [
    { controllerId: 'ctl_1', owner: acme, vote: 'reject', reason: 'No.', enforced: true, milliseconds: 3 },
    { controllerId: 'ctl_2', owner: platformOwner, vote: 'admit', enforced: false, milliseconds: 0 },
  ],
  decidedAt: at,
  ...over,
});

export function controllerStoreContract(backend: StoreBackend): void {
  describe(`ControllerStore ${backend.name}`, () => {
    let stores: Stores;
    beforeAll(() => backend.start());
    beforeEach(async () => {
      stores = await backend.fresh();
    });
    afterAll(() => backend.stop());

    const save = async (put: readonly Controller[], remove: readonly string[] = []) => {
      const from = await stores.controllers.policyOf(acme);
      return stores.controllers.save(from, { put, remove });
    };
    const epochOfTenant = async () => (await theTenant(stores)).admissionEpoch;

    it('reads back controllers with every field', async () => {
      await storedTenant(stores);
      const all = [
        enabled({ match: 'job.tier == "small"', exemptRepositories: [7], description: 'One' }),
        givenController({
          id: 'ctl_2',
          transport: { kind: 'rules', rules: [{ reject: 'true', reason: 'Never.' }] },
          onFailure: 'admit',
          scopes: [
            { kind: 'tier', tier: small } as const,
            { kind: 'group', group: 'builds' } as const,
            { kind: 'group-tier', group: 'builds', tier: small } as const,
            { kind: 'repository', repositoryId: 7 } as const,
            { kind: 'repository-tier', repositoryId: 7, tier: small } as const,
          ].map(givenScope),
        }),
        givenController({ id: 'ctl_3', transport: { kind: 'https', url: 'https://example.com/' } }),
      ];
      expect(await save(all)).toBe('saved');
      expect(await stores.controllers.policyOf(acme)).toEqual({ owner: acme, epoch: 1, controllers: all });
    });

    it('knows an owner without controllers, and keeps owners apart', async () => {
      await storedTenant(stores);
      await save([enabled()]);
      const none: ControllerPolicy = { owner: beta, epoch: 0, controllers: [] };
      expect(await stores.controllers.policyOf(beta)).toEqual(none);
    });

    it('writes the epoch into the tenant’s row while a controller is active, and nothing else', async () => {
      const before = await storedTenant(stores);
      await save([givenController()]);
      expect(await theTenant(stores)).toEqual(before);
      await save([enabled({ version: 2 })]);
      expect(await epochOfTenant()).toBe(2);
      await save([enabled({ state: 'dry_run', version: 3 })]);
      expect(await theTenant(stores)).toEqual({ ...before, admissionEpoch: 3 });
      await save([enabled({ scopes: [], version: 4 })]);
      expect(await theTenant(stores)).toEqual(before);
      await save([enabled({ version: 5 })]);
      await save([], ['ctl_1']);
      expect(await theTenant(stores)).toEqual(before);
      expect((await stores.controllers.policyOf(acme)).epoch).toBe(6);
    });

    it('has the platform’s epoch while one of its controllers is active, independent of tenants', async () => {
      await storedTenant(stores);
      const change = async (owner: InstallationId, over: Partial<Controller>) => {
        const from = await stores.controllers.policyOf(owner);
        const put = [enabled({ owner, version: from.epoch + 1, ...over })];
        await stores.controllers.save(from, { put, remove: [] });
        return stores.controllers.platformEpoch();
      };
      expect(await stores.controllers.platformEpoch()).toBeUndefined();
      expect(await change(acme, {})).toBeUndefined();
      expect(await change(platformOwner, { state: 'disabled' })).toBeUndefined();
      expect(await change(platformOwner, { state: 'dry_run' })).toBe(2);
      expect(await change(platformOwner, { scopes: [] })).toBeUndefined();
    });

    it('does not overwrite somebody else’s change', async () => {
      await storedTenant(stores);
      const read = await stores.controllers.policyOf(acme);
      expect(await stores.controllers.save(read, { put: [enabled()], remove: [] })).toBe('saved');
      const late = { put: [enabled({ id: 'ctl_2' })], remove: [] };
      expect(await stores.controllers.save(read, late)).toBe('changed');
      expect((await stores.controllers.policyOf(acme)).controllers.map(({ id }) => id)).toEqual(['ctl_1']);
      expect(await epochOfTenant()).toBe(1);
    });

    it('keeps each of many changes at once, one after the other', async () => {
      await storedTenant(stores);
      const ids = ['ctl_1', 'ctl_2', 'ctl_3', 'ctl_4'];
      const add = async (id: string): Promise<void> => {
        if ((await save([enabled({ id })])) === 'changed') await add(id);
      };
      await Promise.all(ids.map(add));
      const { epoch, controllers } = await stores.controllers.policyOf(acme);
      expect(controllers.map(({ id }) => id)).toEqual(ids);
      expect([epoch, await epochOfTenant()]).toEqual([4, 4]);
    });

    it('keeps the platform’s controllers without a tenant, and none of an unknown one', async () => {
      const platform = await stores.controllers.policyOf(platformOwner);
      const ofPlatform = enabled({ owner: platformOwner });
      expect(await stores.controllers.save(platform, { put: [ofPlatform], remove: [] })).toBe('saved');
      const from = await stores.controllers.policyOf(nobody);
      await expect(
        stores.controllers.save(from, { put: [enabled({ owner: nobody })], remove: [] }),
      ).rejects.toMatchObject({ code: 'NoSuchTenant', retryable: false });
      expect((await stores.controllers.policyOf(nobody)).epoch).toBe(0);
    });

    it('adds, replaces and revokes tokens, of administrators too', async () => {
      await storedTenant(stores);
      await save([enabled()]);
      const { controllerId: _, ...admin } = givenToken({ id: 'tok_2' });
      const read = await stores.controllers.tokensOf(acme);
      expect(read).toEqual({ owner: acme, version: 0, tokens: [] });
      const first = { put: [givenToken(), admin], remove: [] };
      expect(await stores.controllers.changeTokens(read, first)).toBe('saved');
      expect(await stores.controllers.changeTokens(read, first)).toBe('changed');
      const next = await stores.controllers.tokensOf(acme);
      expect(next).toEqual({ owner: acme, version: 1, tokens: [givenToken(), admin] });
      const ending = givenToken({ endsAt: 1_795_000_000_000 });
      await stores.controllers.changeTokens(next, { put: [ending], remove: ['tok_2'] });
      expect(await stores.controllers.changeTokens(next, first)).toBe('changed');
      expect(await stores.controllers.token(acme, 'tok_1')).toEqual(ending);
      expect(await stores.controllers.token(acme, 'tok_2')).toBeUndefined();
      expect(await stores.controllers.token(beta, 'tok_1')).toBeUndefined();
    });

    it('records the use of a token, and does not recreate a revoked one', async () => {
      await storedTenant(stores);
      await save([enabled()]);
      const read = await stores.controllers.tokensOf(acme);
      await stores.controllers.changeTokens(read, { put: [givenToken()], remove: [] });
      await stores.controllers.noteTokenUse(acme, 'tok_1', at);
      await stores.controllers.noteTokenUse(acme, 'tok_9', at);
      expect((await stores.controllers.tokensOf(acme)).tokens).toEqual([givenToken({ lastUsedAt: at })]);
    });

    it('rejects the tokens of a removed controller, even one created at that moment', async () => {
      await storedTenant(stores);
      await save([enabled()]);
      const read = await stores.controllers.tokensOf(acme);
      await stores.controllers.changeTokens(read, { put: [givenToken()], remove: [] });
      await save([], ['ctl_1']);
      expect(await stores.controllers.token(acme, 'tok_1')).toBeUndefined();
      const later = await stores.controllers.tokensOf(acme);
      await stores.controllers.changeTokens(later, { put: [givenToken({ id: 'tok_3' })], remove: [] });
      expect(await stores.controllers.token(acme, 'tok_3')).toBeUndefined();
      expect((await stores.controllers.tokensOf(acme)).tokens).toEqual([]);
    });

    it('keeps signing secrets of existing controllers', async () => {
      await storedTenant(stores);
      await save([enabled()]);
      const secrets = [
        { id: 'sec_1', value: 'whsec_b2xk', createdAt: at, endsAt: 1_795_000_000_000 },
        { id: 'sec_2', value: 'whsec_bmV3', createdAt: at },
      ];
      expect(await stores.controllers.secretsOf(acme, 'ctl_1')).toEqual([]);
      const first = { from: [], put: secrets };
      expect(await stores.controllers.saveSecrets(acme, 'ctl_1', first)).toBe('saved');
      expect(await stores.controllers.secretsOf(acme, 'ctl_1')).toEqual(secrets);
      expect(await stores.controllers.saveSecrets(acme, 'ctl_9', first)).toBe('changed');
      await save([], ['ctl_1']);
      expect(await stores.controllers.secretsOf(acme, 'ctl_1')).toEqual([]);
    });

    it('does not overwrite secrets that somebody else has created since', async () => {
      await storedTenant(stores);
      await save([enabled()]);
      const secret = (id: string) => ({ id, value: `whsec_${id}`, createdAt: at });
      const change = (from: readonly string[], put: string) =>
        stores.controllers.saveSecrets(acme, 'ctl_1', { from: from.map(secret), put: [secret(put)] });
      expect([await change([], 'sec_1'), await change([], 'sec_2')]).toEqual(['saved', 'changed']);
      expect([await change(['sec_1'], 'sec_3'), await change(['sec_1'], 'sec_4')]).toEqual([
        'saved',
        'changed',
      ]);
      expect(await stores.controllers.secretsOf(acme, 'ctl_1')).toEqual([secret('sec_3')]);
    });

    it('takes leases only under the policy that was read', async () => {
      const before = await storedTenant(stores);
      const launch = givenLaunch(await waitingJobs(stores, 1));
      const take = (tenant: Tenant) => stores.launches.take({ tenant, tier: givenTier(), launch });
      await save([enabled()]);
      expect(await take(before)).toMatchObject({ kind: 'tenant-changed', tenant: { admissionEpoch: 1 } });
      const now = await theTenant(stores);
      await save([enabled({ version: 2 })]);
      expect(await take(now)).toMatchObject({ kind: 'tenant-changed', tenant: { admissionEpoch: 2 } });
      expect(await take(await theTenant(stores))).toEqual({ kind: 'taken' });
    });

    it('replaces an open decision, or one of another policy, only if it is the one that was read', async () => {
      await waitingJobs(stores, 1);
      const read = async () => (await stores.jobs.get(acme, JobId(1)))?.admission;
      const decide = async (
        policy: string,
        state: JobAdmission['state'],
        over: Partial<JobAdmission> & { readonly insteadOf?: JobAdmission } = {},
      ) => {
        const { insteadOf = await read(), ...rest } = over;
        const admission = { policy, state, at: 5, ...rest };
        return [
          await stores.jobs.setAdmissions(acme, [{ jobId: JobId(1), admission, insteadOf }]),
          await read(),
        ];
      };
      const round = { at: 4, gate: 'start' } as const;
      const asked = {
        controllerId: 'ctl_1',
        ofPlatform: true,
        reason: 'late',
        againAt: 9,
        failures: 2,
        round,
      };
      expect(await decide('1.-', 'asked', asked)).toEqual([
        [JobId(1)],
        { policy: '1.-', state: 'asked', at: 5, ...asked },
      ]);
      const first = (await read())!;
      expect(await decide('1.-', 'unavailable', { at: 6 })).toMatchObject([[1], { state: 'unavailable' }]);
      // Another copy that read the same question comes too late, whatever its answer is.
      expect(await decide('1.-', 'asked', { at: 7, insteadOf: first })).toMatchObject([[], { at: 6 }]);
      expect(await decide('1.-', 'rejected')).toEqual([[1], { policy: '1.-', state: 'rejected', at: 5 }]);
      expect(await decide('1.-', 'admitted')).toMatchObject([[], { state: 'rejected' }]);
      const second = { policy: '2.-', state: 'admitted' };
      expect(await decide('2.-', 'admitted')).toMatchObject([[1], second]);
      // So does one that read the row while an older policy was in force.
      expect(await decide('1.5', 'admitted', { insteadOf: first })).toMatchObject([[], second]);
      expect(await decide('3.-', 'asked')).toMatchObject([[1], { policy: '3.-', state: 'asked' }]);
    });

    it('does not overwrite a decision made since the job was read', async () => {
      await waitingJobs(stores, 1);
      const decide = (at: number) => {
        const admission = { policy: '1.-', state: 'asked', at } as const;
        return stores.jobs.setAdmissions(acme, [{ jobId: JobId(1), admission }]);
      };
      expect(await decide(5)).toEqual([1]);
      expect(await decide(6)).toEqual([]);
      // The same request again, because the first answer was lost.
      expect(await decide(5)).toEqual([1]);
      expect((await stores.jobs.get(acme, JobId(1)))?.admission).toMatchObject({ at: 5 });
    });

    it('writes no decision about a job that is over or unknown', async () => {
      await waitingJobs(stores, 1);
      const reason = { code: 'queued', text: 'It is over.' } as const;
      await stores.jobs.refuseWaiting(acme, JobId(1), { outcome: 'refused', at: 6, reason });
      const admission = { policy: '1.-', state: 'admitted', at: 5 } as const;
      const decisions = [1, 2].map((n) => ({ jobId: JobId(n), admission }));
      expect(await stores.jobs.setAdmissions(acme, decisions)).toEqual([]);
      expect(await stores.jobs.get(acme, JobId(2))).toBeUndefined();
    });

    it('lists the decisions of a job, newest first, each once', async () => {
      const first = givenDecision();
      const { platformEpoch: _, ...later } = givenDecision({
        gate: 'start',
        decidedAt: '2026-11-21T13:00:01.000Z',
      });
      await stores.controllers.recordDecisions([first, givenDecision({ jobId: JobId(11) }), later]);
      await stores.controllers.recordDecisions([{ ...first, outcome: 'admitted' }]);
      expect(await stores.controllers.decisionsOfJob(acme, JobId(1))).toEqual([later, first]);
      const ofNext = givenDecision({ epoch: 3 });
      await stores.controllers.recordDecisions([ofNext]);
      expect(await stores.controllers.decisionsOfJob(acme, JobId(1))).toEqual([later, ofNext, first]);
    });

    it('lists a tenant’s decisions by time, in pages, each once', async () => {
      const made = Array.from({ length: 5 }, (_, n) =>
        givenDecision({ jobId: JobId(n + 1), decidedAt: `2026-11-21T13:00:0${n}.000Z` }),
      );
      await stores.controllers.recordDecisions([...made, givenDecision({ installationId: beta })]);
      const since = made[1]!.decidedAt;
      const first = await stores.controllers.decisionsSince(acme, { since, limit: 3 });
      expect(first.decisions).toEqual([made[4], made[3], made[2]]);
      const rest = await stores.controllers.decisionsSince(acme, { since, limit: 3, after: first.next! });
      expect(rest).toEqual({ decisions: [made[1]] });
    });

    it('lists no decisions if the page before ended earlier than asked for', async () => {
      await stores.controllers.recordDecisions([givenDecision()]);
      const page = { since: '2026-11-22T00:00:00.000Z', limit: 3, after: '2026-11-21T14' };
      expect(await stores.controllers.decisionsSince(acme, page)).toEqual({ decisions: [] });
    });
  });
}
