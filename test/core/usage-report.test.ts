/** Sums of costs: each machine counts once, in one line, and what is wasted is told apart. */
import { describe, expect, it } from '@jest/globals';
import { InstallationId, InstanceId, JobId, type TierName } from '../../lib/core/ids.ts';
import { type RanJob, type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import { type Grouping, groupings, costReport as reportOf } from '../../lib/core/usage-report.ts';
import { sumUp } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { medium, noon } from '../support/given.ts';
import { fc } from '../support/properties.ts';

const rates = { list: '2026-07-20', compute: 36_000, surplus: 0, disk: 0, address: 3_600 };
let machines = 0;

/** A machine that lived for so many minutes. */
function used(
  minutes: number,
  job: Partial<RanJob> | undefined,
  over: Partial<UsageRecord> = {},
): UsageRecord {
  machines += 1;
  const runner = givenRunner({ instanceId: InstanceId(`i-${machines}`), rates, startedAt: noon });
  const ran = job && { jobId: JobId(machines), repository: 'acme/app', workflow: 'build', ...job };
  return {
    ...usageOf({ runner, reason: 'job-completed', endedAt: noon + minutes * 60_000, job: ran }),
    ...over,
  };
}
const costReport = (records: readonly UsageRecord[], by: Grouping) =>
  reportOf(sumUp(records, { job: by === 'job' }), by);
const namesOf = (records: readonly UsageRecord[], by: (typeof groupings)[number]) =>
  costReport(records, by).lines.map(({ name, total }) => [name, total]);

describe('a cost report', () => {
  it('adds machines up by the requested key, the most expensive first', () => {
    const records = [
      used(1, { repository: 'acme/web' }),
      used(5, { workflow: 'test' }),
      used(2, {}, { tier: medium as TierName }),
      used(3, undefined),
    ];
    expect(namesOf(records, 'tenant')).toEqual([['acme (101)', 7_260]]);
    expect(namesOf(records, 'tier')).toEqual([
      ['small', 5_940],
      ['medium', 1_320],
    ]);
    expect(namesOf(records, 'repository')).toEqual([
      ['acme/app', 4_620],
      ['(no job)', 1_980],
      ['acme/web', 660],
    ]);
    expect(namesOf(records, 'workflow').map(([name]) => name)).toEqual([
      'acme/app: test',
      '(no job)',
      'acme/app: build',
      'acme/web: build',
    ]);
    expect(namesOf(records, 'day')).toEqual([['2026-11-21', 7_260]]);
  });

  it('counts the machines of a job that ran twice, and the job once', () => {
    const again = { jobId: JobId(7) };
    expect(costReport([used(1, again), used(1, again)], 'job').lines).toMatchObject([
      { name: '7 acme/app: build', machines: 2, jobs: 1, seconds: 120 },
    ]);
  });

  it('keeps a tenant in one line whose account was renamed, under its last name', () => {
    const renamed = used(1, {}, { account: 'acme-corp', launchedAt: noon + 1 });
    expect(namesOf([used(1, {}), renamed, used(1, {})], 'tenant')).toEqual([['acme-corp (101)', 1_980]]);
    expect(namesOf([used(1, {}), used(1, {}, { installationId: InstallationId(7) })], 'tenant')).toHaveLength(
      2,
    );
  });

  it('shows waste separately, each machine once', () => {
    const spot = { spot: true, endReason: 'instance-ended' } as const;
    const { waste } = costReport(
      [
        used(1, { conclusion: 'success' }, spot),
        used(2, undefined, spot),
        used(3, { conclusion: 'cancelled' }, spot),
        used(4, { conclusion: 'cancelled' }),
        used(5, { conclusion: 'failure' }),
      ],
      'tenant',
    );
    expect(waste).toEqual({
      idle: { machines: 1, total: 1_320 },
      lostSpot: { machines: 1, total: 1_980 },
      cancelled: { machines: 1, total: 2_640 },
    });
  });

  it('shows what has no price, and whose', () => {
    const { cost, unpriced, seconds } = used(1, {}, {});
    const { compute: _none, ...rest } = cost;
    const records = [
      used(1, {}, { cost: rest, unpriced: ['compute'], instanceType: 'm5.metal' }),
      used(1, {}, { cost: rest, unpriced: ['compute'], instanceType: 't3.large', spot: true }),
      used(1, {}, { cost, unpriced, seconds }),
    ];
    const report = costReport(records, 'tenant');
    expect(report.unpriced).toEqual({ compute: 2 });
    expect(report.unpricedTypes).toEqual(['m5.metal', 't3.large spot']);
    expect(costReport([], 'tenant')).toMatchObject({ lines: [], unpriced: {}, total: { machines: 0 } });
  });

  it('has the same total for any key, and each machine in one line', () => {
    const jobs = fc.option(
      fc.record({
        repository: fc.constantFrom('acme/a', 'acme/b'),
        conclusion: fc.constantFrom('success', 'cancelled'),
      }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(500), jobs), { maxLength: 20 }),
        fc.constantFrom(...groupings),
        (lives, by) => {
          const records = lives.map(([minutes, job]) => used(minutes, job));
          const { lines, total } = costReport(records, by);
          const sum = (of: (line: typeof total) => number) => lines.reduce((all, line) => all + of(line), 0);
          expect(sum((line) => line.total)).toBe(total.total);
          expect(sum(({ machines: count }) => count)).toBe(records.length);
        },
      ),
    );
  });
});
