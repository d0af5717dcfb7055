/** Decisions that cannot be stored: nobody acts on one, and no other job waits for it. */
import { describe, expect, it } from '@jest/globals';
import { decisionAuditRows } from '../../lib/adapters/dynamodb/decision-audit.ts';
import type { Controller } from '../../lib/core/controllers/controller.ts';
import { isAudited } from '../../lib/core/controllers/decision.ts';
import type { JobAdmission } from '../../lib/core/controllers/job-admission.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { jobKey } from '../fakes/world.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenJobs, givenTenant, noon, small } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { expectBalanced, givenPlatform, type Platform } from '../support/platform.ts';

const beta = InstallationId(2);
const gone = new OperationalError('Gone.', { code: 'ServiceUnavailable', retryable: true });
const queued = (n: number, over = {}) =>
  givenEvent({ jobId: JobId(n), queuedAt: noon + n, delivery: `d-${n}`, repositoryId: 7, ...over });
const poke = { kind: 'poke', installationId: acme, tier: small };
const rejectsSecond = givenRules({}, 'job.id == 2');
const stateOf = async (platform: Platform, n: number) => {
  const job = await platform.job(n);
  return [job?.state, job?.reason?.code ?? job?.admission?.state];
};
const recordsOf = async (platform: Platform, n: number) =>
  (await platform.controllers.decisionsOfJob(acme, JobId(n))).map(({ outcome }) => outcome);

async function given(...controllers: Controller[]) {
  const other = givenTenant({ installationId: beta, accountId: 2, accountLogin: 'beta' });
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 }), other] });
  await putControllers(platform.controllers, ...controllers);
  return platform;
}

/** Until it is called again without any, what is decided about these jobs cannot be put on record. */
function failingRecords({ controllers }: Platform) {
  const record = controllers.recordDecisions.bind(controllers);
  let failing: readonly number[] = [];
  controllers.recordDecisions = async (decisions) => {
    if (decisions.some(({ jobId }) => failing.includes(jobId))) throw gone;
    await record(decisions);
  };
  return (...jobIds: number[]) => {
    failing = jobIds;
  };
}

/** Of these jobs, what was decided cannot be written into their rows. */
function failingRows({ stores: { jobs } }: Platform) {
  const set = jobs.setAdmissions.bind(jobs);
  let failing: readonly number[] = [];
  jobs.setAdmissions = async (installationId, admissions) => {
    if (admissions.some(({ jobId }) => failing.includes(jobId))) throw gone;
    return set(installationId, admissions);
  };
  return (...jobIds: number[]) => {
    failing = jobIds;
  };
}

/** The next look at the line, within a minute. */
async function aMinuteLater(platform: Platform) {
  platform.clock.advance(61_000);
  await platform.sweep();
  await platform.deliverPokes();
}

describe('a new job whose decision cannot be recorded', () => {
  it('is retried twice on arrival, twice when its line is balanced, and again a minute later', async () => {
    const platform = await given(rejectsSecond);
    let tries = 0;
    const { recordDecisions } = platform.controllers;
    platform.controllers.recordDecisions = async (decisions) => {
      tries += 1;
      if (tries <= 4) throw gone;
      return recordDecisions(decisions);
    };
    await platform.accept(queued(2));
    expect(tries).toBe(4);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting' });
    await aMinuteLater(platform);
    expect(await stateOf(platform, 2)).toEqual(['done', 'controller-rejected']);
  });

  it.each([
    ['a rule rejects it', rejectsSecond, ['done', 'controller-rejected'], 'rejected'],
    [
      'a rule failed, and admits then',
      givenRules({ onFailure: 'admit' }, '1 / (job.id - 2) == 7'),
      ['covered', 'failed-open'],
      'failed-open',
    ],
    [
      'a rule in dry run would reject it',
      givenRules({ state: 'dry_run' }, 'job.id == 2'),
      ['covered', 'admitted'],
      'admitted',
    ],
    [
      'its repository is exempt',
      givenRules({ exemptRepositories: [8] }, 'false'),
      ['covered', 'admitted'],
      'admitted',
    ],
  ])('has a row and is held where %s, and delays no other', async (_, rules, then, outcome) => {
    const platform = await given(rules);
    const fail = failingRecords(platform);
    fail(2);
    const ofBeta = { installationId: beta, repositoryOwnerId: 2, repository: 'beta/app' };
    expect(
      await platform.accept(queued(1), queued(2, { repositoryId: 8 }), queued(3), queued(4, ofBeta)),
    ).toEqual([]);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', reason: { code: 'admission-pending' } });
    expect((await platform.job(2))?.admission).toBeUndefined();
    for (const n of [1, 3]) expect((await platform.job(n))?.state).toBe('covered');
    expect((await platform.job(4, beta))?.state).toBe('covered');
    expect(platform.liveMachines()).toHaveLength(3);
    expect(await platform.leases()).toBe(2);

    fail();
    await aMinuteLater(platform);
    expect(await stateOf(platform, 2)).toEqual(then);
    expect(await recordsOf(platform, 2)).toEqual([outcome]);
    await expectBalanced(platform);
  });

  it('is decided in the same run if the record fails for a moment', async () => {
    const platform = await given(rejectsSecond);
    for (let n = 0; n < 3; n += 1) platform.stores.world.failNext('controllers.recordDecisions', gone);
    await platform.accept(queued(2));
    expect(await stateOf(platform, 2)).toEqual(['done', 'controller-rejected']);
  });

  it('is launched if all admit it: its row says so, and the audit does not record it', async () => {
    const platform = await given(rejectsSecond);
    failingRecords(platform)(1);
    expect(await platform.accept(queued(1))).toEqual([]);
    expect(await stateOf(platform, 1)).toEqual(['covered', 'admitted']);
    expect(platform.liveMachines()).toHaveLength(1);
  });
});

describe('a job that waits', () => {
  const givenLine = async (...controllers: Controller[]) => {
    const platform = await given(...controllers);
    await platform.stores.jobs.insert(givenJobs(3, { repositoryId: 7 }));
    return platform;
  };

  it('is held alone if its decision cannot be recorded', async () => {
    const platform = await givenLine(givenRules({ onFailure: 'admit' }, '1 / (job.id - 2) == 7'));
    const fail = failingRecords(platform);
    fail(2);
    expect(await platform.accept(poke)).toEqual([]);
    expect(await stateOf(platform, 1)).toEqual(['covered', 'admitted']);
    expect(await stateOf(platform, 2)).toEqual(['waiting', 'admission-pending']);
    expect(await stateOf(platform, 3)).toEqual(['covered', 'admitted']);
    fail();
    await aMinuteLater(platform);
    expect(await stateOf(platform, 2)).toEqual(['covered', 'failed-open']);
    expect(await recordsOf(platform, 2)).toEqual(['failed-open']);
  });

  it('is held alone if its decision cannot be written into its row', async () => {
    const platform = await givenLine(givenRules({}, 'false'));
    const fail = failingRows(platform);
    fail(2);
    expect(await platform.accept(poke)).toEqual([]);
    expect(await stateOf(platform, 2)).toEqual(['waiting', 'admission-pending']);
    for (const n of [1, 3]) expect((await platform.job(n))?.state).toBe('covered');
    fail();
    await aMinuteLater(platform);
    expect(await stateOf(platform, 2)).toEqual(['covered', 'admitted']);
  });

  it.each<[string, JobAdmission]>([
    ['by another copy', { policy: '1.-', state: 'rejected', controllerId: 'ctl_1', reason: 'No.', at: noon }],
    ['under a newer policy', { policy: '2.-', state: 'asked', at: noon }],
  ])('gets no machine by a decision that came after one %s', async (_, admission) => {
    const platform = await givenLine(givenRules({}, 'false'));
    const { world } = platform.stores;
    const key = jobKey(acme, JobId(2));
    world.beforeCall = (call) => {
      if (call !== 'jobs.setAdmissions') return;
      world.beforeCall = undefined;
      world.rows.jobs.set(key, { ...world.rows.jobs.get(key)!, admission });
    };
    await platform.accept(poke);
    expect(await platform.job(2)).toMatchObject({ state: 'waiting', admission });
    expect(platform.liveMachines()).toHaveLength(2);
  });

  it('asks no controller if the round is not in the job’s row', async () => {
    const asked = givenController({ state: 'enabled', scopes: [givenScope({ kind: 'installation' })] });
    const platform = await givenLine(asked);
    failingRows(platform)(1);
    await platform.accept(poke);
    expect(platform.queues.admission.map(({ jobId }) => jobId)).toEqual([2, 3]);
  });
});

describe('a job on a machine', () => {
  it('starts no step with a decision that could not be stored, and asks again', async () => {
    const platform = await given(givenRules({}, 'false'));
    await platform.accept(queued(1));
    const machine = platform.liveMachines()[0]!;
    await platform.claim(machine);
    await platform.confirm(machine, undefined, true);
    await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }));
    await putControllers(platform.controllers, givenRules({ onFailure: 'admit' }, '1 / (job.id - 1) == 7'));
    const failRow = failingRows(platform);
    const failRecord = failingRecords(platform);
    failRow(1);
    expect(await platform.start(machine)).toMatchObject({ action: 'again' });
    failRow();
    failRecord(1);
    expect(await platform.start(machine)).toMatchObject({ action: 'again' });
    failRecord();
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
    expect((await recordsOf(platform, 1)).slice(0, 1)).toEqual(['failed-open']);
  });
});

describe('a controller that was asked', () => {
  it.each([
    ['put on record', failingRecords],
    ['written into the row', failingRows],
  ])('has not decided while that cannot be %s, and the message is redelivered', async (_, failing) => {
    const scopes = [givenScope({ kind: 'installation' })];
    const platform = await given(givenController({ state: 'enabled', scopes }));
    await platform.accept(queued(1));
    const fail = failing(platform);
    fail(1);
    await platform.deliverAdmission();
    const [question] = [...platform.stores.world.rows.questions.values()];
    await platform.questions.answer(question!, { vote: 'reject', reason: 'No.' }, platform.clock.now());
    platform.queues.admission.splice(0);
    const message = { kind: 'admission', installationId: acme, jobId: JobId(1) } as const;
    platform.queues.admission.push(message);
    expect(await platform.deliverAdmission()).toHaveLength(1);
    expect((await platform.job(1))?.admission?.state).toBe('asked');
    fail();
    platform.queues.admission.push(message);
    expect(await platform.deliverAdmission()).toEqual([]);
    await platform.deliverPokes();
    expect(await stateOf(platform, 1)).toEqual(['done', 'controller-rejected']);
  });
});

describe('what the audit keeps', () => {
  const vote = { controllerId: 'ctl_1', owner: acme, enforced: true, milliseconds: 0 } as const;
  const decision = {
    ...{ installationId: acme, jobId: JobId(1), repository: 'acme/app', epoch: 1 },
    gate: 'queue',
    decidedAt: '2026-11-21T13:00:00.000Z',
  } as const;
  const votes = (['admit', 'reject', 'failed', 'exempt'] as const).flatMap((said) =>
    [true, false].map((enforced) => ({ ...vote, vote: said, enforced })),
  );

  it('contains only recorded decisions', () => {
    const plain = (['admitted', 'rejected', 'failed-open', 'unavailable'] as const)
      .flatMap((outcome) => votes.map((one) => ({ ...decision, outcome, votes: [one] })))
      .filter((one) => !isAudited(one));
    for (const one of nonEmpty(plain)) expect(decisionAuditRows(one)).toEqual([]);
    expect(isAudited({ outcome: 'admitted', votes: [{ ...vote, vote: 'admit' }] })).toBe(false);
  });
});
