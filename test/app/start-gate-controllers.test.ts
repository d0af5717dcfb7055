/** A job that no machine was bought for is judged by its tenant's controllers on the machine that GitHub gave it. */
import { describe, expect, it } from '@jest/globals';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenController, givenRules, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, medium } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const other = { repository: 'acme/other', repositoryId: 8 };
const queued = (n: number, over = {}) => givenEvent({ jobId: JobId(n), repositoryId: 7, ...over });
const rejectsOther = 'repository.name == "acme/other"';
type Put = Parameters<typeof putControllers>[1];

/** Job 1, which all admit, has a machine whose runner listens. */
async function givenListening(...controllers: Put[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })] });
  await putControllers(platform.controllers, ...controllers);
  await platform.accept(queued(1));
  const machine = platform.liveMachines()[0]!;
  const claim = await platform.claim(machine);
  await platform.confirm(machine, undefined, true);
  const gets = (n: number, over = {}) =>
    platform.follow(queued(n, { action: 'in_progress', runnerName: machine, ...over }));
  return { platform, machine, claim, gets };
}

const decisionsOf = async (platform: Platform, n: number) =>
  (await platform.controllers.decisionsOfJob(acme, JobId(n))).map(
    ({ gate, outcome }) => `${gate} ${outcome}`,
  );

describe('the start gate of a tenant with controllers', () => {
  it('admits by the decision of the queue gate, and asks no controller again', async () => {
    const { platform, machine, claim, gets } = await givenListening(givenRules({}, rejectsOther));
    expect(claim).toMatchObject({ gate: true });
    await gets(1);

    expect(await platform.start(machine)).toEqual({ action: 'admit' });
    expect(await decisionsOf(platform, 1)).toEqual(['queue admitted']);
  });

  it('rejects if one of two rejected at the queue gate, with its reason', async () => {
    const both = [givenRules({}, 'false'), givenRules({ id: 'ctl_2' }, rejectsOther)];
    const { platform, machine, gets } = await givenListening(...both);
    await platform.accept(queued(2, other));
    expect(await platform.job(2)).toMatchObject({ outcome: 'refused' });
    await gets(2, other);

    expect(await platform.start(machine)).toEqual({
      action: 'reject',
      why: 'The admission controller ctl_2 rejected the job: rule 1',
    });
    expect(await decisionsOf(platform, 2)).toEqual(['queue rejected']);
    expect(platform.telemetry.total('GatesDisagree')).toBe(1);
    expect(await platform.job(1)).toMatchObject({ state: 'waiting', reason: { code: 'runner-taken' } });
  });

  it('decides now about a job that was unknown before it began', async () => {
    const { platform, machine, gets } = await givenListening(givenRules({}, rejectsOther));
    await gets(2, other);

    expect(await platform.start(machine)).toMatchObject({ action: 'reject' });
    expect(await decisionsOf(platform, 2)).toEqual(['start rejected']);
    expect(platform.telemetry.total('AdmissionDecisions', { kind: 'start', outcome: 'rejected' })).toBe(1);
  });

  it('uses the current policy, whatever an earlier one decided', async () => {
    const { platform, machine, gets } = await givenListening(givenRules({}, 'false'));
    await gets(1);
    await putControllers(platform.controllers, givenRules({}, 'true'));

    expect(await platform.start(machine)).toMatchObject({ action: 'reject' });
    expect(await decisionsOf(platform, 1)).toEqual(['start rejected', 'queue admitted']);
    expect(platform.telemetry.total('GatesDisagree')).toBe(0);
  });

  it('starts nothing while an enabled controller has not answered, and names it', async () => {
    const { platform, machine, gets } = await givenListening(givenRules({}, 'false'));
    const silent: Put = givenController({
      id: 'ctl_2',
      state: 'enabled',
      transport: { kind: 'https', url: 'https://controller.example' },
      scopes: [givenScope({ kind: 'installation' })],
    });
    await putControllers(platform.controllers, silent);
    await gets(2, other);

    const answer = await platform.start(machine);
    expect(answer).toMatchObject({ action: 'again', why: expect.stringContaining('(ctl_2)') });
    expect(await platform.job(2)).not.toHaveProperty('startRefusal');
  });

  it('judges by the tier of the machine, and admits by the earlier decision if that tier was removed', async () => {
    const platform = await givenPlatform({
      tenants: [givenTenant({ maxRunners: 5, allowedTiers: [medium] })],
    });
    const ofTier = { tier: medium, repositoryId: 7 };
    await putControllers(platform.controllers, givenRules({}, 'false'));
    await platform.accept(givenEvent({ jobId: JobId(1), ...ofTier }));
    const machine = platform.liveMachines()[0]!;
    await platform.claim(machine);
    await platform.confirm(machine, undefined, true);
    await platform.follow(queued(1, { action: 'in_progress', runnerName: machine, ...ofTier }));
    const { tiers } = platform.deployment;
    Object.assign(platform.deployment, { tiers: [] });
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
    await putControllers(platform.controllers, givenRules({}, 'job.tier == "medium"'));
    expect(await platform.start(machine)).toMatchObject({ action: 'again' });
    Object.assign(platform.deployment, { tiers });
    expect(await platform.start(machine)).toMatchObject({ action: 'reject' });
  });

  it('gives no answer if the controllers cannot be read', async () => {
    const { platform, machine, gets } = await givenListening(givenRules({}, 'false'));
    await putControllers(platform.controllers, givenRules({}, 'false'));
    await gets(2, other);
    const gone = new OperationalError('Gone.', { code: 'ServiceUnavailable', retryable: true });
    platform.stores.world.failNext('controllers.policyOf', gone);

    await expect(platform.start(machine)).rejects.toThrow('Gone.');
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
  });
});
