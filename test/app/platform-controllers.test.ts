/** Controllers of the platform's operator: they judge every tenant's jobs at both gates, above the tenant's own. */
import { describe, expect, it } from '@jest/globals';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import {
  givenController,
  givenRules,
  givenScope,
  putControllers,
  putPlatformControllers,
} from '../support/controllers.ts';
import { acme, givenEvent, givenTenant, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

type Put = Parameters<typeof putControllers>[1];
const queued = (n: number, over = {}) =>
  givenEvent({ jobId: JobId(n), repositoryId: 7, delivery: `d-${n}`, ...over });
const notApp = 'repository.name == "acme/app"';
const stateOf = async (platform: Platform, n = 1) => {
  const job = await platform.job(n);
  return [job?.state, job?.reason?.code ?? job?.admission?.state];
};
const gone = new OperationalError('Gone.', { code: 'ServiceUnavailable', retryable: true });

async function given(...ofPlatform: Put[]) {
  const platform = await givenPlatform({ tenants: [givenTenant({ maxRunners: 5 })] });
  if (ofPlatform.length > 0) await putPlatformControllers(platform.controllers, ...ofPlatform);
  return platform;
}

/** What was learned of the platform's policy counts no more. */
const forget = ({ clock }: Platform) => clock.advance(5_000);

/** Its first job is at work on the machine, which has a start gate or none. */
async function givenAtWork(platform: Platform) {
  await platform.accept(queued(1));
  const machine = InstanceId(platform.liveMachines()[0]!);
  const claim = await platform.claim(machine);
  const gated = 'gate' in claim && claim.gate === true;
  await platform.confirm(machine, undefined, gated);
  await platform.follow(queued(1, { action: 'in_progress', runnerName: machine }));
  return { machine, gated };
}

describe('the operator’s controllers at the queue gate', () => {
  it('reject a job of a tenant without controllers, naming only the operator’s policy', async () => {
    const platform = await given(givenRules({}, notApp));
    await platform.accept(queued(1), queued(2, { repository: 'acme/web' }));
    expect(await stateOf(platform, 1)).toEqual(['done', 'controller-rejected']);
    expect(await stateOf(platform, 2)).toEqual(['covered', 'admitted']);
    const { reason, admission } = (await platform.job(1))!;
    expect(reason?.text).toBe("The operator's admission policy rejected the job: rule 1");
    expect(admission).toMatchObject({ policy: '-.1', controllerId: 'ctl_1', ofPlatform: true });
    expect(await platform.controllers.decisionsOfJob(acme, JobId(1))).toMatchObject([
      { epoch: 0, platformEpoch: 1, outcome: 'rejected', votes: [{ owner: 0, vote: 'reject' }] },
    ]);
  });

  it('come before the tenant’s own, and both must admit', async () => {
    const platform = await given(givenRules({ id: 'ctl_p' }, 'job.id == 1'));
    await putControllers(platform.controllers, givenRules({}, 'job.id < 3'));
    await platform.accept(queued(1), queued(2), queued(3));
    const whoOf = async (n: number) => (await platform.job(n))?.admission?.controllerId;
    expect([await whoOf(1), await whoOf(2), await whoOf(3)]).toEqual(['ctl_p', 'ctl_1', undefined]);
    expect(await stateOf(platform, 3)).toEqual(['covered', 'admitted']);
    const [decision] = await platform.controllers.decisionsOfJob(acme, JobId(3));
    expect(decision?.votes.map(({ controllerId }) => controllerId)).toEqual(['ctl_p', 'ctl_1']);
  });

  it('are asked within their scopes, whatever a tenant’s controller exempts', async () => {
    const scopes = [givenScope({ kind: 'tier', tier: small })];
    const platform = await given(givenRules({ id: 'ctl_p', scopes }, 'job.id == 1'));
    await putControllers(platform.controllers, givenRules({ exemptRepositories: [7] }, 'true'));
    await platform.accept(queued(1), queued(2));
    expect(await stateOf(platform, 1)).toEqual(['done', 'controller-rejected']);
    expect(await stateOf(platform, 2)).toEqual(['covered', 'admitted']);
  });

  it('may be external too, and the tenant does not see the reason of a failure', async () => {
    const silent = givenController({
      state: 'enabled',
      transport: { kind: 'https', url: 'https://controller.example' },
      scopes: [givenScope({ kind: 'installation' })],
    });
    const platform = await given(silent);
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
    expect((await platform.job(1))?.reason?.text).not.toContain('ctl_');
    await platform.deliverAdmission();
    await platform.deliverPokes();
    expect(await stateOf(platform)).toEqual(['waiting', 'controller-unavailable']);
    expect((await platform.job(1))?.reason?.text).toMatch(
      /^The operator's admission policy gave no valid answer; it is asked again by /,
    );
  });

  it('cost a tenant nothing while there are none: their row is read once every few seconds', async () => {
    const platform = await given(givenRules({ state: 'disabled' }, 'true'));
    const calls: string[] = [];
    platform.stores.world.beforeCall = (call) => void calls.push(call);
    for (const n of [1, 2, 3]) await platform.accept(queued(n));
    const ofControllers = calls.filter((call) => call.includes('controllers') || call.includes('Admission'));
    expect(ofControllers).toEqual(['controllers.platformEpoch']);
    const machine = InstanceId(platform.liveMachines()[0]!);
    expect(await platform.claim(machine)).not.toHaveProperty('gate');
  });

  it('apply some seconds after a change in copies that knew the old policy', async () => {
    const platform = await given();
    await platform.accept(queued(1));
    await putPlatformControllers(platform.controllers, givenRules({}, 'true'));
    forget(platform);
    await platform.accept(queued(2));
    expect(await stateOf(platform, 2)).toEqual(['done', 'controller-rejected']);
    await putPlatformControllers(platform.controllers, givenRules({ state: 'disabled' }, 'true'));
    forget(platform);
    await platform.accept(queued(3));
    expect(await stateOf(platform, 3)).toEqual(['covered', undefined]);
  });

  it('have jobs planned again only once every copy knows of a change', async () => {
    const silent = givenController({
      state: 'enabled',
      transport: { kind: 'https', url: 'https://controller.example' },
      scopes: [givenScope({ kind: 'installation' })],
    });
    const platform = await given(silent);
    await platform.accept(queued(1));
    await putPlatformControllers(platform.controllers, { ...silent, onFailure: 'admit' });
    forget(platform);
    platform.queues.tiers.splice(0);
    await platform.deliverAdmission();
    expect(platform.queues.tiers).toMatchObject([{ message: { kind: 'poke' }, delaySeconds: 5 }]);
  });

  it('let nothing through while their row cannot be read', async () => {
    const platform = await given(givenRules({}, 'true'));
    // Before the job has a row, and when it waits.
    platform.stores.world.failNext('controllers.platformEpoch', gone);
    platform.stores.world.failNext('controllers.platformEpoch', gone);
    await platform.accept(queued(1)).catch(() => undefined);
    expect(platform.liveMachines()).toEqual([]);
    expect((await platform.job(1))?.state).toBe('waiting');
    await platform.accept(queued(1));
    expect(await stateOf(platform)).toEqual(['done', 'controller-rejected']);
  });
});

describe('the operator’s controllers at the claim and at the start gate', () => {
  it('give no machine to a job that was admitted before they existed', async () => {
    const platform = await given();
    await platform.accept(queued(1));
    await putPlatformControllers(platform.controllers, givenRules({}, 'true'));
    forget(platform);
    const machine = InstanceId(platform.liveMachines()[0]!);
    expect(await platform.claim(machine)).toMatchObject({ action: 'stand-down' });
    expect(await stateOf(platform)).toEqual(['waiting', 'admission-pending']);
  });

  it('use their decision of the queue gate, and reject jobs that they have not seen', async () => {
    const platform = await given(givenRules({}, 'repository.name == "acme/other"'));
    const { machine, gated } = await givenAtWork(platform);
    expect(gated).toBe(true);
    expect(await platform.start(machine)).toEqual({ action: 'admit' });

    const other = await given(givenRules({}, 'repository.name == "acme/other"'));
    await other.accept(queued(1));
    const instanceId = InstanceId(other.liveMachines()[0]!);
    await other.claim(instanceId);
    await other.confirm(instanceId, undefined, true);
    const unplanned = { repository: 'acme/other', repositoryId: 8 };
    await other.follow(queued(2, { action: 'in_progress', runnerName: instanceId, ...unplanned }));
    expect(await other.start(instanceId)).toEqual({
      action: 'reject',
      why: "The operator's admission policy rejected the job: rule 1",
    });
  });

  it('let nothing begin while their row cannot be read', async () => {
    const platform = await given(givenRules({}, 'false'));
    const { machine } = await givenAtWork(platform);
    forget(platform);
    platform.stores.world.failNext('controllers.platformEpoch', gone);
    await expect(platform.start(machine)).rejects.toThrow('Gone.');
    expect(await platform.start(machine)).toEqual({ action: 'admit' });
  });

  it('have machines that listen without a gate replaced when the first one is enabled', async () => {
    const platform = await given();
    await platform.accept(queued(1));
    const machine = InstanceId(platform.liveMachines()[0]!);
    await platform.claim(machine);
    await platform.confirm(machine);
    await putPlatformControllers(platform.controllers, givenRules({}, 'false'));
    forget(platform);
    await platform.sweep();
    expect(platform.telemetry.total('Repairs', { kind: 'ungated-machine-replaced' })).toBe(1);
  });
});
