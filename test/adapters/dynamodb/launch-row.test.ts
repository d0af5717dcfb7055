/**
 * Launches as rows: small, since each write is charged for the whole row, and readable as earlier versions wrote
 * them.
 */
import { describe, expect, it } from '@jest/globals';
import { launchOfRow, launchRow } from '../../../lib/adapters/dynamodb/launch-row.ts';
import { InstanceId, JobId, leaseOf } from '../../../lib/core/ids.ts';
import type { Launch } from '../../../lib/core/launch.ts';
import { givenLaunch } from '../../contracts/support/stored.ts';

function launchOf(machines: number): Launch {
  const launch = givenLaunch([]);
  const leases = Array.from({ length: machines }, (_, n) => leaseOf(launch.launchId, n));
  // From a multiplicative hash: as hard to compress as real ids.
  const hex = (n: number) => ((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');
  return {
    ...launch,
    state: 'answered',
    plannedJobs: leases.map((lease, n) => ({
      lease,
      jobId: JobId(45_678_901_234 + 7 * n),
      repository: 'acme/some-application',
    })),
    instances: new Map(leases.map((lease, n) => [lease, InstanceId(`i-0${hex(n + 1)}${hex(n + 99)}`)])),
  };
}

/** The row's size as DynamoDB counts it, except for a few bytes for each attribute. */
const bytesOf = (launch: Launch) =>
  Object.entries(launchRow(launch)).reduce(
    (sum, [name, { B, ...rest }]) => sum + name.length + (B?.length ?? JSON.stringify(rest).length),
    0,
  );

describe('the row of a launch', () => {
  it.each([0, 1, 50, 96])('is read as it was written, with %i machines', (machines) => {
    const launch = launchOf(machines);
    expect(launchOfRow(launchRow(launch))).toEqual(launch);
  });

  it('keeps the numbers of leases if some of its jobs are gone', () => {
    const launch = launchOf(5);
    const kept = { ...launch, plannedJobs: launch.plannedJobs.filter((_, n) => n % 2 === 1) };
    expect(launchOfRow(launchRow(kept))).toEqual(kept);
  });

  it('grows by less than 30 bytes for each machine', () => {
    expect((bytesOf(launchOf(96)) - bytesOf(launchOf(1))) / 95).toBeLessThan(30);
  });

  it('is readable as an earlier version wrote it, with a list of jobs and a map of machines', () => {
    const launch = launchOf(2);
    const earlier = {
      ...launchRow(launch),
      planned_jobs: {
        L: launch.plannedJobs.map(({ lease, jobId, repository }) => ({
          M: { lease: { S: lease }, job_id: { N: String(jobId) }, repository: { S: repository } },
        })),
      },
      instances: {
        M: Object.fromEntries([...launch.instances].map(([lease, id]) => [lease, { S: id }])),
      },
    };
    expect(launchOfRow(earlier)).toEqual(launch);
  });
});
