/** What `mayfly explain` says of jobs that wait, where several rules could hold them, from given facts. */
import { describe, expect, it } from '@jest/globals';
import { explainWaiting } from '../../lib/app/insight/explain-waiting.ts';
import type { Facts } from '../../lib/app/insight/facts.ts';
import { TierName } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { Tier } from '../../lib/core/tier.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { givenJob, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { givenFacts, givenPlatform, givenRun, now } from '../support/given-facts.ts';

const explained = (over: Partial<Facts> = {}, job: Partial<Job> = {}) =>
  explainWaiting(givenFacts(over), givenJob(job));
const ofTenant = (over: Partial<Tenant>) => ({ tenant: givenTenant(over) });
const ofTier = (over: Partial<Tier>) => ({ platform: givenPlatform({ tiers: [givenTier(over)] }) });
const why = (code: ReasonCode) => ({ reason: reason(code, `the sentence of ${code}`) });
const line = (ahead: number, ...recent: Job[]) => ({ line: { ahead, recent } });
const takesAbout = (seconds: number) => givenRun(noon - 900_000, { seconds });

describe('a job that nothing holds', () => {
  it('is queued, and starts as soon as a machine with a stock image does', () => {
    expect(explained()).toMatchObject({ code: 'queued', line: 'It was just accepted.', who: 'nobody' });
    expect(explained().estimate?.seconds).toBe(90);
    expect(explained(line(0, takesAbout(60))).estimate?.seconds).toBe(40);
  });

  it.each([
    [300, 'queued'],
    [301, 'not-acted-on'],
  ])('is %s s after it was accepted: %s', (seconds, code) => {
    expect(explained({}, { acceptedAt: now - seconds * 1000 }).code).toBe(code);
  });

  it('has been balanced if it has another reason, however old it is', () => {
    expect(explained({}, { ...why('capacity'), acceptedAt: 0 })).toMatchObject({
      code: 'queued',
      line: 'What it waited for (capacity) is over; nothing blocks it now.',
    });
  });

  it.each(['runner-ended', 'runner-taken', 'runner-taken-by-unknown-job'] as const)(
    'keeps the reason that explains what happened to its machine: %s',
    (code) => {
      expect(explained({}, why(code))).toMatchObject({ code, line: `the sentence of ${code}` });
    },
  );

  it('names the existing tiers if its own was removed', () => {
    expect(explained({}, { tier: TierName('huge') }).fix).toMatch(/labels of small, medium \(it asks for /);
  });
});

describe('a job of a repository that its group lacks', () => {
  const group = { id: 2, name: 'ci', visibility: 'selected', allowsPublicRepositories: false } as const;
  const lacking = {
    name: 'ci',
    standing: { kind: 'found', group: { ...group, selectedRepositoryIds: [] } },
  } as const;
  const ofGroup = (over: Partial<Tenant>) =>
    explained({ ...ofTenant({ allowedRepositories: [7], ...over }), group: lacking }, { repositoryId: 7 });

  it('waits for Mayfly if Mayfly maintains the group, and for an owner if not', () => {
    expect(ofGroup({ keepsRunnerGroup: true })).toMatchObject({
      who: 'nobody',
      line: expect.stringContaining('which Mayfly maintains'),
      next: expect.stringMatching(/^Mayfly adds the repository/),
      fix: expect.stringContaining('group-not-kept'),
    });
    expect(ofGroup({})).toMatchObject({ who: 'owner', fix: expect.stringContaining('An owner must change') });
  });
});

describe('a job that rests', () => {
  it('names the machine that ended last, or none if that is unknown', () => {
    const resting = { ...why('runners-lost'), retryAt: now + 60_000 };
    const former = { runner: givenRunner({ state: 'ended' }) };
    expect(explained({ former }, resting).fix).toMatch(/mayfly logs i-1\. /);
    expect(explained({}, resting).fix).toMatch(/mayfly logs INSTANCE\. /);
    expect(explained({ former }, { ...resting, ...why('gone-from-github') }).fix).toBeUndefined();
  });

  it('says so without a stored reason', () => {
    expect(explained({}, { retryAt: now + 60_000 })).toMatchObject({
      code: 'runners-lost',
      line: 'Its machines ended without running it.',
      estimate: { seconds: 60 },
    });
  });
});

describe("a job under its tenant's limits", () => {
  const full = (leases: number, of: ReadonlyMap<TierName, number>) => ({
    ...ofTenant({ leases, tierLeases: new Map(of) }),
  });

  it('is the only one that waits for a machine', () => {
    expect(explained(full(2, new Map([[small, 2]]))).line).toBe(
      'acme has all of its 2 runners in use; the job starts when one ends.',
    );
  });

  it.each([
    [1, '1 job comes first.'],
    [2, '2 jobs come first.'],
  ])('comes after %i', (ahead, text) => {
    const here = full(1, new Map([[small, 1]]));
    expect(explained({ ...here, ...line(ahead) }).line.endsWith(` ${text}`)).toBe(true);
  });

  it('needs no action if the limit is one machine', () => {
    const one = ofTenant({ maxRunners: 1, leases: 1, tierLeases: new Map([[small, 1]]) });
    expect(explained({ ...one, ...ofTier({ maxRunners: 1 }) })).toMatchObject({ who: 'nobody' });
  });

  it("starts once any of the tenant's machines is free, if it is the tenant's limit", () => {
    const here = full(2, new Map([...([[small, 1]] as const), ...([[medium, 1]] as const)]));
    // One of two machines runs a job of this tier for another 80 s; nothing is known of the other one.
    const recent = [takesAbout(100), givenRun(now - 20_000)];
    expect(explained({ ...here, ...line(0, ...recent) }).estimate?.seconds).toBe(40);
  });

  it("starts once one of the tier's machines is free, if it is the tier's limit", () => {
    const tenant = { leases: 2, maxRunners: 9, tierLimits: new Map([[small, 1]]) };
    const used = ofTenant({ ...tenant, tierLeases: new Map([[small, 1]]) });
    const recent = [takesAbout(100), givenRun(now - 20_000)];
    expect(explained({ ...used, ...line(0, ...recent) }).estimate?.seconds).toBe(120);
    const unused = ofTenant({ ...tenant, tierLeases: new Map([[medium, 2]]) });
    expect(explained({ ...unused, ...line(1, takesAbout(100)) }).estimate?.seconds).toBe(140);
  });
});

describe('a job under a spend cap', () => {
  const cap = ofTenant({ caps: { day: 1_000_000 } });

  it('waits if the cap has no room for it and for those before it', () => {
    expect(explained({ ...cap, ...line(0) }).code).toBe('queued');
    expect(explained(cap).code).toBe('queued');
    expect(explained({ ...cap, ...line(1) })).toMatchObject({
      code: 'spend-cap',
      // 11 hours and 58 minutes.
      estimate: { seconds: 43_080, basis: 'the end of the cap’s day or month' },
    });
  });

  it('shows the used amount to the cent', () => {
    expect(explained({ ...cap, ...line(1) }).line).toMatch(/has used or reserved \$0\.00\d* of the \$1\.0/);
  });

  it('has no estimate if the cap is too small for one machine', () => {
    expect(explained(ofTenant({ caps: { day: 1 } }))).toMatchObject({ code: 'spend-cap', who: 'operator' });
    expect(explained(ofTenant({ caps: { day: 1 } })).estimate).toBeUndefined();
  });
});
