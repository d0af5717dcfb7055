/** A machine that GitHub refuses a runner: what it is told, how soon it asks again, and what is said of it. */
import { describe, expect, it } from '@jest/globals';
import type { GitHubRefusal } from '../../lib/core/github.ts';
import { JobId } from '../../lib/core/ids.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { acme, acmeAccount, givenEvent, givenTenant, small } from '../support/given.ts';
import { givenPlatform, type Platform } from '../support/platform.ts';

const notFound: GitHubRefusal = { kind: 'not-found', message: 'Not Found' };
const limited = (retryAfterSeconds: number): GitHubRefusal => ({ kind: 'limited', retryAfterSeconds });
const minute = { action: 'again', seconds: 60 };

async function givenMachine(tenant: Partial<Tenant> = {}) {
  const platform = await givenPlatform({ tenants: [givenTenant(tenant)] });
  const repositoryId = platform.github.repositoryId('acme/app');
  platform.github.putJob('acme/app', JobId(1), { status: 'queued', conclusion: null, runnerName: null });
  await platform.accept(givenEvent({ repositoryId }));
  return { platform, machine: platform.liveMachines()[0]! };
}

const linesOf = ({ telemetry }: Platform, wanted: string) =>
  telemetry.events.filter(({ name }) => name === wanted).map(({ level, fields }) => ({ level, ...fields }));

describe('a machine that GitHub refuses a runner', () => {
  it('asks again in a minute while GitHub does not report the installation', async () => {
    const { platform, machine } = await givenMachine();
    platform.github.failNext('createJitConfig', { refusal: notFound });
    platform.github.failNext('getInstallation', { refusal: limited(600) });
    expect(await platform.claim(machine)).toEqual(minute);
    expect(await platform.job(1)).toMatchObject({ state: 'covered' });
  });

  it('asks again in a minute while GitHub does not report the current name of a user’s repository', async () => {
    const { platform, machine } = await givenMachine({ accountType: 'User' });
    platform.github.failNext('createJitConfig', { refusal: notFound });
    platform.github.failNext('getRepository', { refusal: limited(600) });
    expect(await platform.claim(machine)).toEqual(minute);
  });

  it('is not registered under another name if the refusal is not about names', async () => {
    const { platform, machine } = await givenMachine({ accountType: 'User' });
    let asked = 0;
    platform.github.getRepository = async () => {
      asked += 1;
      return { ok: false, refusal: notFound };
    };
    platform.github.failNext('createJitConfig', { refusal: { kind: 'forbidden', message: 'No.' } });
    await platform.claim(machine);
    platform.github.failNext('createJitConfig', { refusal: { kind: 'invalid', message: 'No.' } });
    await platform.claim(machine);
    expect(asked).toBe(0);
  });

  it('is not registered under the current name of its account if the refusal is not about names', async () => {
    const { platform, machine } = await givenMachine();
    platform.github.renameAccount(acme, 'acme-inc');
    platform.github.failNext('createJitConfig', { refusal: { kind: 'invalid', message: 'No.' } });
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 15 });
    expect(platform.github.registrations.size).toBe(0);
  });

  it('is registered under the current name of its organization even if GitHub shows no repository', async () => {
    const { platform, machine } = await givenMachine();
    platform.github.renameAccount(acme, 'acme-inc');
    platform.github.failNext('createJitConfig', { refusal: notFound });
    platform.github.failNext('getRepository', { refusal: notFound });
    expect(await platform.claim(machine)).toMatchObject({ action: 'run' });
  });

  it('is logged with its job, which is refused, while the App is suspended', async () => {
    const { platform, machine } = await givenMachine();
    platform.github.putInstallation(acme, { ...acmeAccount, suspended: true });
    platform.github.failNext('createJitConfig', { refusal: notFound });
    await platform.claim(machine);
    const about = { installationId: acme, jobId: 1, tier: small, reason: 'tenant-suspended' };
    expect(linesOf(platform, 'job-refused')).toEqual([{ level: 'warn', ...about }]);
  });

  it.each<[string, GitHubRefusal, object]>([
    ['waits where GitHub takes no calls then', limited(17), { action: 'again', seconds: 17 }],
    ['waits no longer than it is worth', limited(301), { action: 'stand-down' }],
    ['asks again where it may pass', notFound, { action: 'again', seconds: 15 }],
  ])('under a former name %s, under the current one', async (_what, second, answer) => {
    const { platform, machine } = await givenMachine();
    platform.github.renameAccount(acme, 'acme-inc');
    platform.github.failNext('createJitConfig', { refusal: notFound }, { refusal: second });
    expect(await platform.claim(machine)).toMatchObject(answer);
    const refused = { level: 'warn', installationId: acme, jobId: 1, instanceId: machine, tier: small };
    const reasons = [notFound, second].map((refusal) => ({ ...refused, reason: refusal.kind, refusal }));
    expect(linesOf(platform, 'github-refused')).toEqual(reasons);
    expect(platform.telemetry.total('GitHubRefusals')).toBe(2);
  });

  it('waits a second if GitHub names no time, and five minutes if GitHub says so', async () => {
    const { platform, machine } = await givenMachine();
    platform.github.failNext('createJitConfig', { refusal: limited(0) });
    expect(await platform.claim(machine)).toEqual({ action: 'again', seconds: 1 });
    const other = await givenMachine();
    other.platform.github.failNext('createJitConfig', { refusal: limited(300) });
    expect(await other.platform.claim(other.machine)).toEqual(minute);
  });
});

describe('a claim', () => {
  it('is logged, with the time until its config was ready', async () => {
    const { platform, machine } = await givenMachine();
    const { createJitConfig } = platform.github;
    platform.github.createJitConfig = async (request) => {
      platform.clock.advance(250);
      return createJitConfig(request);
    };
    await platform.claim(machine);
    const about = { installationId: acme, instanceId: machine, tier: small };
    expect(linesOf(platform, 'claimed')).toEqual([{ level: 'info', ...about, jobId: 1 }]);
    expect(platform.telemetry.total('ClaimedToMintedMilliseconds')).toBe(250);
    platform.clock.advance(5_000);
    await platform.confirm(machine);
    expect(linesOf(platform, 'machine-ready')).toEqual([{ level: 'info', ...about }]);
    const phases = [
      'UpToScriptMilliseconds',
      'ScriptToPreparedMilliseconds',
      'PreparedToClaimedMilliseconds',
    ];
    expect(phases.map((metric) => platform.telemetry.total(metric as 'ClaimsRefused'))).toEqual([
      22_000, 7_000, 900,
    ]);
    expect(await platform.runners.get(acme, machine)).toMatchObject({ startedAt: expect.any(Number) });
  });

  it('that is refused says why, in the answer and in the log', async () => {
    const { platform, machine } = await givenMachine();
    await platform.follow(givenEvent({ action: 'completed', conclusion: 'cancelled' }));
    expect(await platform.claim(machine)).toEqual({ action: 'stand-down', why: 'no job waits' });
    const about = { installationId: acme, instanceId: machine, tier: small, reason: 'no job waits' };
    expect(linesOf(platform, 'stand-down')).toEqual([{ level: 'info', ...about }]);
    expect(platform.telemetry.total('StandDowns')).toBe(1);
  });

  it('must come before the confirmation, which is otherwise refused and logged', async () => {
    const { platform, machine } = await givenMachine();
    expect(await platform.confirm(machine)).toBe(false);
    const about = { installationId: acme, instanceId: machine, tier: small, reason: 'not-claimed' };
    expect(linesOf(platform, 'confirm-refused')).toEqual([
      { level: 'warn', ...about, launchId: expect.any(String) },
    ]);
    expect(platform.telemetry.total('ConfirmsRefused')).toBe(1);
  });
});
