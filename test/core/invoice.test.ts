/** What a tenant owes: its jobs' machines at the rate of their launch, minutes that are free first, and no machine without a job. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { invoiceOf } from '../../lib/core/invoice.ts';
import { chargeOf, type OwnRates, ownRateAt } from '../../lib/core/own-rates.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { fc } from '../support/properties.ts';

const ownRates: OwnRates = {
  tiers: {
    small: [
      { from: '2026-11-01', minute: 10_000 },
      { from: '2026-11-15', minute: 20_000 },
    ],
  },
  roundSeconds: 60,
  freeMinutes: 0,
};
const of = { installationId: InstallationId(101), account: 'acme', month: '2026-11', freeMinutes: 0 };

/** A machine of a day that lived for so many seconds. */
function used(
  day: string,
  seconds: number,
  over: { idle?: boolean; free?: boolean; workflow?: string } = {},
): UsageRecord {
  const launchedAt = Date.parse(day);
  const own = over.free ? undefined : ownRateAt(ownRates, 'small', launchedAt);
  const rates = {
    list: '2026-07-20',
    compute: 3_600_000,
    surplus: 0,
    disk: 0,
    address: 0,
    ...(own ? { own } : {}),
  };
  const runner = givenRunner({ launchedAt, startedAt: launchedAt, rates });
  const job = { jobId: JobId(seconds), repository: 'acme/app', workflow: over.workflow ?? 'build' };
  const end = { runner, reason: 'job-completed', endedAt: launchedAt + seconds * 1000 } as const;
  return usageOf({ ...end, job: over.idle ? undefined : job });
}

describe('own rates', () => {
  it.each([
    ['2026-10-31T23:59:59Z', undefined],
    ['2026-11-01T00:00:00Z', 10_000],
    ['2026-11-14T23:59:59Z', 10_000],
    ['2026-11-15T00:00:00Z', 20_000],
  ])('on %s are %p', (at, minute) => {
    expect(ownRateAt(ownRates, 'small', Date.parse(at))?.minute).toBe(minute);
    expect(ownRateAt(ownRates, 'constructor', Date.parse(at))).toBeUndefined();
  });

  it.each([
    [1, 60, 10_000],
    [60_000, 60, 10_000],
    [60_001, 120, 20_000],
    [0, 0, 0],
    [-5, 0, 0],
  ])('charge for %i ms %i seconds', (milliseconds, seconds, amount) => {
    expect(chargeOf({ from: '2026-11-01', minute: 10_000, roundSeconds: 60 }, milliseconds)).toEqual({
      seconds,
      amount,
    });
  });
});

describe('an invoice', () => {
  it('has a line for each tier and workflow, and nothing for machines that ran no job', () => {
    const sums = sumUp([
      used('2026-11-02', 61),
      used('2026-11-20', 30),
      used('2026-11-03', 600, { workflow: 'test' }),
      used('2026-11-04', 900, { idle: true }),
    ]);
    const invoice = invoiceOf(sums, of);
    expect(invoice.lines).toEqual([
      {
        tier: 'small',
        repository: 'acme/app',
        workflow: 'test',
        jobs: 1,
        minutes: 10,
        basis: 'own rate',
        amount: 100_000,
      },
      {
        tier: 'small',
        repository: 'acme/app',
        workflow: 'build',
        jobs: 2,
        minutes: 3,
        basis: 'own rate',
        amount: 40_000,
      },
    ]);
    expect(invoice.total).toBe(140_000);
  });

  it('is at cost if no rate was in force, and says so', () => {
    const invoice = invoiceOf(sumUp([used('2026-11-02', 90, { free: true }), used('2026-11-03', 60)]), of);
    expect(invoice.lines.map(({ basis, minutes, amount }) => [basis, minutes, amount])).toEqual([
      ['cost', 1.5, 90_000],
      ['own rate', 1, 10_000],
    ]);
  });

  it('subtracts the free minutes from the first days, and not from usage at cost', () => {
    const records = [
      used('2026-11-20', 120),
      used('2026-11-02', 60),
      used('2026-11-01', 600, { free: true }),
    ];
    expect(invoiceOf(sumUp(records), { ...of, freeMinutes: 2 })).toMatchObject({
      free: { minutes: 2, amount: 10_000 + 20_000 },
      total: 10_000 + 40_000 + 600_000 - 30_000,
    });
    expect(invoiceOf(sumUp(records), { ...of, freeMinutes: 1000 })).toMatchObject({
      free: { minutes: 3, amount: 50_000 },
      total: 600_000,
    });
  });

  it('comes to the sum of its machines, whatever they are, and never below 0', () => {
    const machine = fc.record({
      day: fc.integer({ min: 1, max: 30 }),
      seconds: fc.integer({ min: 0, max: 20_000 }),
      idle: fc.boolean(),
      free: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(machine), fc.integer({ min: 0, max: 500 }), (machines, freeMinutes) => {
        const records = machines.map(({ day, seconds, ...over }) =>
          used(`2026-11-${String(day).padStart(2, '0')}`, seconds, over),
        );
        const invoice = invoiceOf(sumUp(records), { ...of, freeMinutes });
        const owed = records
          .filter(({ job }) => job)
          .reduce((all, { charge, cost }) => all + (charge ? charge.amount : (cost.compute ?? 0)), 0);
        expect(invoice.lines.reduce((all, { amount }) => all + amount, 0)).toBe(owed);
        expect(invoice.total).toBe(owed - invoice.free.amount);
        expect(invoice.total).toBeGreaterThanOrEqual(0);
        expect(invoice.free.minutes).toBeLessThanOrEqual(freeMinutes);
      }),
    );
  });
});
