import { describe, expect, it } from '@jest/globals';
import { dayOf } from '../../lib/core/days.ts';
import { InstallationId, InstanceId, JobId, type LaunchId, leaseOf } from '../../lib/core/ids.ts';
import { countLeases, heldEntries, leasesByTier, sameCounts, sameHeld } from '../../lib/core/lease-census.ts';
import { givenLaunch, givenRunner } from '../contracts/support/stored.ts';
import { acme, givenJob, medium, noon, small } from '../support/given.ts';

const jobs = [1, 2, 3].map((id) => givenJob({ jobId: JobId(id) }));
const launchId = 'launch-9' as LaunchId;
const capRows = ['cap/all/0', 'cap/small/1'];
const day = dayOf(noon);

describe('the census of leases', () => {
  it('counts a machine until it has ended, for its tenant, tier and caps', () => {
    const runners = [
      givenRunner(),
      givenRunner({ state: 'listening', capRows }),
      givenRunner({ tier: medium, capRows: ['cap/all/0'] }),
      givenRunner({ state: 'ended', capRows }),
    ];
    const { byTenant, byCapRow, unsettled } = countLeases(runners, []);
    expect([...byTenant]).toEqual([
      [
        acme,
        new Map([
          [small, 2],
          [medium, 1],
        ]),
      ],
    ]);
    expect([...byCapRow]).toEqual([
      ['cap/all/0', 2],
      ['cap/small/1', 1],
    ]);
    expect(unsettled.size).toBe(0);
  });

  it('counts an open launch’s leases without a machine, and marks its tenant and caps as unsettled', () => {
    const instances = new Map([[leaseOf(launchId, 0), InstanceId('i-1')]]);
    const launch = givenLaunch(jobs, { launchId, state: 'answered', instances, capRows });
    const { byTenant, byCapRow, unsettled } = countLeases([], [launch]);
    expect(byTenant.get(acme)).toEqual(new Map([[small, 2]]));
    expect(byCapRow.get('cap/all/0')).toBe(2);
    expect([...unsettled]).toEqual([acme, ...capRows]);
  });

  it('counts nothing of a launch that is closed', () => {
    const { byTenant, unsettled } = countLeases([], [givenLaunch(jobs, { state: 'closed' })]);
    expect([byTenant.size, unsettled.size]).toEqual([0, 0]);
  });

  it('adds up by day what a tenant’s leases are expected to cost, their overrun, and their launch times', () => {
    const overdue = { expected: 300, overrun: 20 };
    const runners = [
      givenRunner({ launchedAt: noon, leaseCost: overdue }),
      givenRunner({ launchedAt: noon, leaseCost: { expected: 100 } }),
    ];
    const launch = givenLaunch(jobs, { createdAt: noon, leaseCost: overdue });
    const held = countLeases(runners, [launch]).heldByTenant.get(acme);
    expect(heldEntries(held)).toEqual([
      [day, '', 1_300],
      [day, 'overrun', 80],
      [day, small, (5 * noon) / 1_000],
    ]);
  });

  it.each([
    ['expected cost', new Map([[day, 1]]), new Map(), new Map(), false],
    ['overrun', new Map(), new Map([[day, 1]]), new Map(), false],
    ['time of launch', new Map(), new Map(), new Map([[day, new Map([[small, 1]])]]), false],
    ['entry of zero', new Map([[day, 0]]), new Map(), new Map([[day, new Map([[small, 0]])]]), true],
  ])('compares held leases with others that have no %s', (_what, expected, overrun, since, same) => {
    expect(sameHeld({ expected, overrun, since }, undefined)).toBe(same);
  });

  it('adds up the leases of all tenants by tier', () => {
    const other = InstallationId(acme + 1);
    const runners = [
      givenRunner(),
      givenRunner({ installationId: other }),
      givenRunner({ installationId: other, tier: medium }),
      givenRunner({ installationId: other, tier: medium, state: 'ended' }),
    ];
    const launches = [givenLaunch(jobs), givenLaunch(jobs, { state: 'closed' })];
    expect(leasesByTier(runners, launches)).toEqual(
      new Map([
        [small, 5],
        [medium, 1],
      ]),
    );
  });

  it('has no caps if none counts a launch', () => {
    expect([...countLeases([], [givenLaunch(jobs)]).unsettled]).toEqual([acme]);
  });

  it.each([
    [[], [], true],
    [[[small, 1]], [[small, 1]], true],
    [[[small, 0]], [], true],
    [[], [[small, 0]], true],
    [[[small, 1]], [], false],
    [[], [[small, 1]], false],
    [
      [
        [small, 1],
        [medium, 2],
      ],
      [
        [small, 1],
        [medium, 3],
      ],
      false,
    ],
  ] as const)('treats %j and %j as equal: %s', (one, other, same) => {
    expect(sameCounts(new Map(one), new Map(other))).toBe(same);
  });
});
