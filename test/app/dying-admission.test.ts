/**
 * Processes of the admission API, the start gate and the runner groups' watchers that die at any call. Whoever called them asks
 * again, or never does.
 */
import { describe, expect, it } from '@jest/globals';
import { tokenSecrets } from '../../lib/adapters/identity/token-secrets.ts';
import { answerQuestion } from '../../lib/app/admission-api/answer-questions.ts';
import { changeController } from '../../lib/app/admission-api/change-controller.ts';
import { rotateSigningSecret } from '../../lib/app/admission-api/manage-secrets.ts';
import {
  createToken,
  listTokens,
  removeToken,
  replaceToken,
} from '../../lib/app/admission-api/manage-tokens.ts';
import { answerStart } from '../../lib/app/claim/answer-start.ts';
import { reconcile } from '../../lib/app/reconciler/reconcile.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import type { PolicyChange, SettingChanges } from '../../lib/core/controllers/policy-change.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import { memoryRepositoryId } from '../fakes/github-state.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { dieEverywhere, moments } from '../support/die-everywhere.ts';
import { acme, givenTenant } from '../support/given.ts';
import { acceptAll, givenJobs, givenListening, goOn, machineOf, queued, start } from '../support/going-on.ts';
import { expectNothingLeft, type Platform } from '../support/platform.ts';

const who = { who: 'token tok_1' };
const everything = [givenScope({ kind: 'installation' })];
const rejectsThree: SettingChanges = {
  state: 'enabled',
  transport: { kind: 'rules', rules: [{ reject: 'job.id == 3', reason: 'not this one' }] },
};
const polls = givenController({ state: 'enabled', scopes: everything });
const byRules = givenRules({}, 'job.id == 3');

const api = (deps: Platform) => ({ ...deps, tokenSecrets, cell: 'test.us-east-1' });
const change = (deps: Platform, ...changes: PolicyChange[]) =>
  changes.reduce<Promise<unknown>>(
    (before, each) => before.then(() => changeController(api(deps), acme, each, who)),
    Promise.resolve(),
  );
const pending = ({ questions, clock }: Platform) =>
  questions.pendingOf(acme, 'ctl_1', { now: clock.now(), limit: 10 });

async function answer(deps: Platform): Promise<void> {
  // The long poll has tests of its own.
  const longPolls = { take: async () => undefined };
  for (const { id, jobId } of await pending(deps)) {
    const vote = jobId === 3 ? 'reject' : 'admit';
    await answerQuestion({ ...deps, longPolls }, { owner: acme, controllerId: 'ctl_1' }, { id, vote });
  }
}

const begin = (deps: Platform, machine: unknown) =>
  answerStart(deps, {
    ticket: deps.compute.machines.get(InstanceId(String(machine)))?.tags.get(tagKeys.ticket) ?? '',
    document: String(machine),
    signature: 'signed',
    nonce: '0'.repeat(32),
  });

/** Machines with a start gate listen for the first jobs, and the first of them has a job that was planned for the other. */
async function givenGated(platform: Platform, jobId: number): Promise<InstanceId> {
  await acceptAll(platform);
  for (const machine of platform.liveMachines()) {
    await platform.claim(machine);
    await platform.confirm(machine, undefined, true);
  }
  const machine = machineOf(platform, 1);
  await platform.follow(start(platform, jobId, machine));
  return machine;
}

async function givenHeld(platform: Platform): Promise<void> {
  await putControllers(platform.controllers, polls);
  await acceptAll(platform);
  await platform.deliverAdmission();
}

interface Work {
  readonly given: (platform: Platform) => Promise<unknown>;
  readonly act: (deps: Platform, given: unknown) => Promise<unknown>;
  readonly calls: number;
  /** What happens to job 3, once the call came through. */
  readonly third: 'success' | 'rejected';
}

const works: Readonly<Record<string, Work>> = {
  'who creates a controller while machines without a gate listen': {
    given: givenListening,
    act: (deps) =>
      change(
        deps,
        { kind: 'create', id: 'ctl_1', settings: rejectsThree },
        { kind: 'add-scope', id: 'ctl_1', scopeId: 'scp_1', target: { kind: 'installation' } },
      ),
    calls: 6,
    third: 'rejected',
  },
  'who enables a controller while machines without a gate listen': {
    given: async (platform) => {
      await putControllers(platform.controllers, { ...byRules, state: 'disabled' });
      await givenListening(platform);
    },
    act: (deps) => change(deps, { kind: 'update', id: 'ctl_1', settings: { state: 'enabled' } }),
    calls: 3,
    third: 'rejected',
  },
  'who disables the controller that jobs are held for': {
    given: givenHeld,
    act: (deps) => change(deps, { kind: 'update', id: 'ctl_1', settings: { state: 'disabled' } }),
    calls: 3,
    third: 'success',
  },
  'who removes the scope of the controller that jobs are held for': {
    given: givenHeld,
    act: (deps) => change(deps, { kind: 'remove-scope', id: 'ctl_1', scopeId: everything[0]!.id }),
    calls: 3,
    third: 'success',
  },
  'who deletes the controller that jobs are held for': {
    given: givenHeld,
    act: (deps) => change(deps, { kind: 'delete', id: 'ctl_1' }),
    calls: 3,
    third: 'success',
  },
  'who answers the questions of a controller': {
    given: givenHeld,
    act: answer,
    calls: 7,
    third: 'rejected',
  },
  'who answers a machine that got the job of another one': {
    given: async (platform) => {
      await putControllers(platform.controllers, byRules);
      return givenGated(platform, 2);
    },
    act: begin,
    calls: 2,
    third: 'rejected',
  },
  'who rejects the job of a machine': {
    given: async (platform) => {
      await putControllers(platform.controllers, byRules);
      return givenGated(platform, 3);
    },
    act: begin,
    calls: 3,
    third: 'rejected',
  },
  'who decides anew, since the policy changed, before a job begins': {
    given: async (platform) => {
      await putControllers(platform.controllers, givenRules({}, 'false'));
      const machine = await givenGated(platform, 3);
      await putControllers(platform.controllers, byRules);
      return machine;
    },
    act: begin,
    calls: 6,
    third: 'rejected',
  },
};

/** A machine that is gone and seems to run its job is ended at the end of the longest job. */
const mostMinutes = 100;

/** Whoever polls answers each minute. */
async function goOnAnswering(platform: Platform): Promise<void> {
  await platform.sweep();
  for (let minute = 1; minute <= mostMinutes; minute += 1) {
    await answer(platform);
    await goOn(platform, 1);
    const jobs = await Promise.all([1, 2, 3].map((id) => platform.job(id)));
    if (jobs.every((job) => job?.state === 'done') && (await platform.leases()) === 0) return;
  }
}

async function conclusionOf(platform: Platform, jobId: number): Promise<string | null> {
  const known = await platform.github.getJob(acme, 'acme/app', JobId(jobId));
  return known.ok ? known.value.conclusion : 'unknown';
}

/** Each makes one call after the other: who dies before one leaves what who died after the last one left. */
describe('a process that dies after any call', () => {
  describe.each(['again', 'never'] as const)('and whose caller asks %s', (asks) => {
    it.each(Object.entries(works))('leaves each job where the policy wants it: %s', async (_, work) => {
      let given: unknown;
      const deaths = await dieEverywhere('after', {
        given: async () => {
          const platform = await givenJobs();
          given = await work.given(platform);
          return platform;
        },
        act: (deps) => work.act(deps, given),
        check: async (platform, where) => {
          if (asks === 'again') await work.act(platform, given);
          await goOnAnswering(platform);
          await expectNothingLeft(platform);
          for (const id of [1, 2])
            expect([where, id, await conclusionOf(platform, id)]).toEqual([where, id, 'success']);
          const { controllers } = await platform.controllers.policyOf(acme);
          const rejects = controllers.some(({ state, scopes }) => state === 'enabled' && scopes.length > 0);
          if (asks === 'again') expect([where, rejects]).toEqual([where, work.third === 'rejected']);
          const third = await platform.job(3);
          const ran = (await conclusionOf(platform, 3)) === 'success';
          expect([where, ran, third?.reason?.code]).toEqual([where, !rejects, third?.reason?.code]);
        },
      });
      expect(deaths).toBeGreaterThanOrEqual(work.calls);
    });
  });
});

/** What the audit says about the tenant's controllers, in order. */
const recordsOf = ({ stores }: Platform) =>
  stores.world.rows.controllerRecords.map(({ record }) => record.action);

describe.each(moments)('an administrator whose call dies %s any call', (when) => {
  it('has changed nothing without a record, and nothing twice', async () => {
    const make = (deps: Platform) => change(deps, { kind: 'create', id: 'ctl_1', settings: rejectsThree });
    const deaths = await dieEverywhere(when, {
      given: () => givenJobs(),
      act: make,
      check: async (platform, where) => {
        await make(platform);
        const { controllers, epoch } = await platform.controllers.policyOf(acme);
        expect([where, controllers.map(({ id }) => id), epoch]).toEqual([where, ['ctl_1'], 1]);
        expect([where, recordsOf(platform)]).toEqual([where, ['controller-created']]);
      },
    });
    expect(deaths).toBeGreaterThanOrEqual(3);
  });

  it('has a token that works, whatever was lost, and can make another', async () => {
    const owner = { owner: acme };
    let first = '';
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenJobs();
        const made = await createToken(api(platform), owner, 'mine', who);
        first = made.kind === 'made' ? made.token.id : '';
        return platform;
      },
      act: (deps) => replaceToken(api(deps), owner, { id: first, overlapSeconds: 3_600 }, who),
      check: async (platform, where) => {
        const listed = await listTokens(api(platform), owner);
        const ids = listed.kind === 'tokens' ? listed.tokens.map(({ id }) => id) : [];
        expect([where, ids]).toEqual([where, expect.arrayContaining([first])]);
        // The text of the other one is in the answer that was lost.
        const others = ids.filter((id) => id !== first);
        const removed: unknown[] = [];
        for (const id of others) removed.push(await removeToken(api(platform), owner, id, who));
        expect(removed).toEqual(others.map(() => ({ kind: 'revoked' })));
        expect(await createToken(api(platform), owner, 'mine', who)).toMatchObject({ kind: 'made' });
        const records = recordsOf(platform);
        expect([where, records.filter((action) => action.endsWith('rotated')).length]).toEqual([
          where,
          ids.length - 1,
        ]);
      },
    });
  });

  it('has the former signing secret, whatever was lost, and can rotate it at once', async () => {
    const rotation = { owner: acme, controllerId: 'ctl_1', overlapSeconds: 3_600 };
    const https = { kind: 'https', url: 'https://controller.example' } as const;
    let former = '';
    await dieEverywhere(when, {
      given: async () => {
        const platform = await givenJobs();
        await putControllers(platform.controllers, givenController({ transport: https }));
        const made = await rotateSigningSecret(api(platform), rotation, who);
        former = made.kind === 'made' ? made.secret.id : '';
        return platform;
      },
      act: (deps) => rotateSigningSecret(api(deps), rotation, who),
      check: async (platform, where) => {
        const signing = (await platform.controllers.secretsOf(acme, 'ctl_1')).map(({ id }) => id);
        expect([where, signing]).toEqual([where, expect.arrayContaining([former])]);
        const again = await rotateSigningSecret(api(platform), { ...rotation, overlapSeconds: 0 }, who);
        expect([where, again.kind]).toEqual([where, 'made']);
      },
    });
  });
});

const group = { id: 7, name: 'builds', visibility: 'selected', allowsPublicRepositories: false } as const;
const repositoryId = memoryRepositoryId('acme/app');

/** Jobs of a repository that the group does not admit; the operator allows it. */
async function givenExcluded(): Promise<Platform> {
  const tenant = givenTenant({
    runnerGroup: 'builds',
    keepsRunnerGroup: true,
    allowedRepositories: [repositoryId],
  });
  const platform = await givenJobs({ tenants: [tenant] });
  platform.github.putGroup(acme, { ...group, selectedRepositoryIds: [] });
  await applyInstallationEvents(platform, lookAtGroup);
  await platform.accept(...[1, 2, 3].map((id) => queued(id, { repositoryId })));
  return platform;
}
const lookAtGroup = [{ id: 'm', body: JSON.stringify({ kind: 'look-at-group', installationId: acme }) }];

describe.each(moments)('a process that changes a runner group and dies %s any call', (when) => {
  it.each([
    ['the reconciler', (deps: Platform) => reconcile(deps), 8],
    ['the tenant manager', (deps: Platform) => applyInstallationEvents(deps, lookAtGroup), 3],
  ] as const)('%s: its jobs start all the same, and the change is recorded', async (_, act, calls) => {
    const deaths = await dieEverywhere(when, {
      given: givenExcluded,
      act,
      check: async (platform, where) => {
        await goOn(platform, mostMinutes);
        await expectNothingLeft(platform);
        for (const id of [1, 2, 3])
          expect([where, id, await conclusionOf(platform, id)]).toEqual([where, id, 'success']);
        const changed = [...platform.stores.world.rows.groupChanges.values()];
        expect([where, changed[0]]).toMatchObject([where, { before: [], after: [repositoryId] }]);
      },
    });
    expect(deaths).toBeGreaterThanOrEqual(calls);
  });
});
