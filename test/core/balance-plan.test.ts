import { describe, expect, it } from '@jest/globals';
import { fullReason, planBalance } from '../../lib/core/balance-plan.ts';
import { reason } from '../../lib/core/reason.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import { givenJob, givenJobs, givenTenant, givenTier, medium, noon, small } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const pageSize = 100;

describe('the reason of a tier that is full', () => {
  const reasonWith = (maxRunners: number, over: Partial<Tenant> = {}) => {
    const tenant = givenTenant({
      tier: medium,
      ...over,
      maxRunners,
      leases: 2,
      tierLeases: new Map([[small, 2]]),
    });
    const tier = givenTier({ maxRunners: 2 });
    return planBalance({ tenant, tier, waiting: givenJobs(1), pageSize: 10, now: noon }).hold[0]?.reason;
  };

  it('says that a greater max_runners does not raise the limit of the tier', () => {
    expect(reasonWith(50)).toMatchObject({
      code: 'tier-limit',
      text: expect.stringContaining(
        'The plan medium does not include the tier, so the limit of the tier applies; max_runners (50, ',
      ),
    });
    expect(reasonWith(50, { tier: small, tierLimits: new Map([[small, 2]]) })).toMatchObject({
      code: 'tier-limit',
      text: expect.stringContaining('The operator set that limit for this tenant; max_runners (50, '),
    });
    expect(reasonWith(2)).toMatchObject({
      code: 'tenant-limit',
      text: expect.not.stringContaining('max_runners'),
    });
  });

  it.each([
    [{ maxRunners: 0 }, 'max_runners of acme is 0, so it gets no runners'],
    [{ maxRunners: -3 }, 'max_runners of acme is -3, so it gets no runners'],
    [
      { maxRunners: 2, tierLimits: new Map([[small, 0]]) },
      'The limit of acme in the tier small is 0, so it gets no small runners',
    ],
  ])('names the operator, and no ending machine, if the limit is %j', (limits, text) => {
    const tenant = givenTenant(limits);
    const look = { tenant, tier: givenTier(), waiting: givenJobs(1), pageSize: 10, now: noon };
    expect(planBalance(look).hold[0]?.reason.text).toBe(
      `${text}; the job starts when the operator raises that limit.`,
    );
  });

  it('is one sentence if the tenant’s own limit is no greater', () => {
    const room = { machines: 0, limitedBy: 'tier' } as const;
    const tier = givenTier({ maxRunners: 2 });
    for (const maxRunners of [1, 2]) {
      expect(fullReason(givenTenant({ maxRunners }), tier, room).text).toBe(
        'acme has all of its 2 small runners in use; the job starts when one ends.',
      );
    }
  });
});

describe('how many jobs are worth reading', () => {
  const roomy = {
    tenant: givenTenant({ tier: medium, maxRunners: 30 }),
    tier: givenTier({ maxRunners: 30 }),
    now: noon,
  };
  const worth = (over: Partial<Parameters<typeof planBalance>[0]>) =>
    planBalance({ ...roomy, waiting: givenJobs(10), pageSize: 10, ...over }).worthReading;
  const resting = (count: number) => givenJobs(count, { retryAt: noon + 1000 });
  const otherOwner = (count: number) => givenJobs(count, { repositoryOwnerId: 2 });

  it.each([
    ['the page, where it was not full', { waiting: givenJobs(9) }, 10],
    ['the page, where the tenant is unknown', { tenant: undefined }, 10],
    ['the page, where the whole tenant is held', { tenant: givenTenant({ status: 'pending' }) }, 10],
    ['the page, where there is no room', { tier: givenTier({ maxRunners: 0 }) }, 10],
    ['the page, where there is room for some of it only', { tier: givenTier({ maxRunners: 9 }) }, 10],
    ['ten beyond the room, where there is more room than jobs', {}, 40],
    ['ten beyond the room, where there is room for just these', { tier: givenTier({ maxRunners: 10 }) }, 20],
    ['a launch’s worth, where all are refused', { waiting: otherOwner(10) }, 100],
    ['that much also without room', { waiting: otherOwner(10), tier: givenTier({ maxRunners: 0 }) }, 100],
    [
      'the page, where all of it rests and there is no room',
      { waiting: resting(10), tier: givenTier({ maxRunners: 0 }) },
      10,
    ],
    ['ten more for each that rests', { waiting: [...givenJobs(8), ...resting(2)] }, 120],
    [
      'never less than the page',
      { waiting: givenJobs(150), pageSize: 150, tier: givenTier({ maxRunners: 0 }) },
      150,
    ],
  ])('is %s', (_title, over, most) => {
    expect(worth(over)).toBe(most);
  });

  it('is at most one launch’s jobs, whatever the room', () => {
    const tenant = givenTenant({ maxRunners: 500 });
    expect(worth({ tenant, tier: givenTier({ maxRunners: 500 }) })).toBe(100);
  });
});

describe('planBalance', () => {
  it('gives the oldest waiting jobs the room there is, and the others a reason', () => {
    const waiting = givenJobs(3);
    const plan = planBalance({ tenant: givenTenant(), tier: givenTier(), waiting, pageSize, now: noon });
    expect(plan.launch).toEqual(waiting.slice(0, 2));
    expect(plan.hold.map(({ job, reason }) => [job.jobId, reason.code])).toEqual([[3, 'tenant-limit']]);
  });

  it.each([
    { has: 0, ofTier: 0, max: 2, cap: 2, gets: 2, because: undefined },
    { has: 1, ofTier: 1, max: 2, cap: 2, gets: 1, because: 'tenant-limit' },
    { has: 2, ofTier: 0, max: 2, cap: 9, gets: 0, because: 'tenant-limit' },
    { has: 2, ofTier: 2, max: 9, cap: 2, gets: 0, because: 'tier-limit' },
    { has: 5, ofTier: 5, max: 2, cap: 9, gets: 0, because: 'tenant-limit' },
  ])(
    'with $has leases ($ofTier of the tier), a limit of $max and a cap of $cap, $gets of 2 jobs start',
    (row) => {
      const tenant = givenTenant({
        tier: medium,
        maxRunners: row.max,
        leases: row.has,
        tierLeases: new Map([[small, row.ofTier]]),
      });
      const plan = planBalance({
        tenant,
        tier: givenTier({ maxRunners: row.cap }),
        waiting: givenJobs(2),
        pageSize,
        now: noon,
      });
      expect(plan.launch).toHaveLength(row.gets);
      expect(plan.hold[0]?.reason.code).toBe(row.because);
    },
  );

  it('starts nothing for a tenant that is not known yet, and says so', () => {
    const plan = planBalance({
      tenant: undefined,
      tier: givenTier(),
      waiting: givenJobs(1),
      pageSize,
      now: noon,
    });
    expect(plan.launch).toEqual([]);
    expect(plan.hold.map(({ reason }) => reason.code)).toEqual(['tenant-unknown']);
  });

  it('does not write a reason that is stored already', () => {
    const [job] = planBalance({
      tenant: undefined,
      tier: givenTier(),
      waiting: givenJobs(1),
      pageSize,
      now: noon,
    }).hold;
    const waiting = [givenJob({ reason: job!.reason })];
    expect(planBalance({ tenant: undefined, tier: givenTier(), waiting, pageSize, now: noon }).hold).toEqual(
      [],
    );
  });

  it('stays within external limits, and shows the reason of the tightest', () => {
    const bounds = [
      { machines: 2, reason: reason('launch-rate', 'Two a minute.'), passesByItself: true },
      { machines: 1, reason: reason('shared-cap', 'One for everybody.'), passesByItself: false },
    ];
    const world = {
      tenant: givenTenant({ maxRunners: 9 }),
      tier: givenTier({ maxRunners: 9 }),
      pageSize,
      now: noon,
    };
    const plan = planBalance({ ...world, waiting: givenJobs(3), bounds });
    expect(plan.launch).toHaveLength(1);
    expect(plan).toMatchObject({ limitedBy: 'shared-cap', passesByItself: false });
    expect(plan.hold.map(({ reason: { code } }) => code)).toEqual(['shared-cap', 'shared-cap']);
  });

  it('shows its own limit to a tenant that no other limit stops more', () => {
    const bounds = [{ machines: 2, reason: reason('capacity', 'AWS is short.'), passesByItself: true }];
    const plan = planBalance({
      tenant: givenTenant(),
      tier: givenTier(),
      waiting: givenJobs(3),
      pageSize,
      now: noon,
      bounds,
    });
    expect(plan).toMatchObject({ limitedBy: 'tenant-limit', launch: [{ jobId: 1 }, { jobId: 2 }] });
  });

  it('keeps a pausing job’s reason, and skips it for those behind it', () => {
    const why = reason('runners-lost', 'Three machines were lost.');
    const waiting = [givenJob({ retryAt: noon + 1, reason: why }), ...givenJobs(3).slice(1)];
    const world = { tenant: givenTenant(), tier: givenTier(), pageSize, now: noon };
    const plan = planBalance({ ...world, waiting });
    expect(plan.launch.map(({ jobId }) => jobId)).toEqual([2, 3]);
    expect(plan.hold).toEqual([]);
    expect(planBalance({ ...world, waiting, now: noon + 1 }).launch.map(({ jobId }) => jobId)).toEqual([
      1, 2,
    ]);
  });

  it('launches 96 machines at once, and says that there are more', () => {
    const tenant = givenTenant({ maxRunners: 200 });
    const tier = givenTier({ maxRunners: 200 });
    const plan = planBalance({ tenant, tier, waiting: givenJobs(150), pageSize: 150, now: noon });
    expect([plan.launch.length, plan.hold.length, plan.more]).toEqual([96, 0, true]);
  });

  it('never exceeds either limit nor a transaction, keeps the order, and decides every job once', () => {
    const sizes = fc.record({ max: fc.nat(150), cap: fc.nat(150), has: fc.nat(20), waiting: fc.nat(150) });
    fc.assert(
      fc.property(sizes, ({ max, cap, has, waiting }) => {
        const tenant = givenTenant({
          tier: medium,
          maxRunners: max,
          leases: has,
          tierLeases: new Map([[small, has]]),
        });
        const jobs = givenJobs(waiting);
        const plan = planBalance({
          tenant,
          tier: givenTier({ maxRunners: cap }),
          waiting: jobs,
          pageSize: 200,
          now: noon,
        });
        expect(plan.launch.length).toBeLessThanOrEqual(Math.max(0, Math.min(max - has, cap - has, 96)));
        expect(plan.launch).toEqual(jobs.slice(0, plan.launch.length));
        const undecided = waiting - plan.launch.length - plan.hold.length;
        expect(undecided === 0 || plan.more).toBe(true);
      }),
    );
  });
});
