/** How many of a long line are looked at, and how many jobs a run takes up that were refused: a wider bound fails here. */
import { expect, it } from '@jest/globals';
import type { ReconcileDeps } from '../../lib/app/common/deps.ts';
import { type LineDeps, sharedBounds } from '../../lib/app/common/shared-lines.ts';
import { adopt } from '../../lib/app/reconciler/adopt-job.ts';
import type { Visit } from '../../lib/app/reconciler/tenant-visit.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemoryTelemetry } from '../fakes/telemetry.ts';
import { acme, givenDeployment, givenJob, givenTenant, givenTier, noon, small } from '../support/given.ts';

it('considers the next hundred of those that wait under a cap', async () => {
  const waiters = Array.from({ length: 150 }, (_, n) => ({
    ...{ installationId: InstallationId(1_000 + n), tier: small, weight: 1, since: noon - n },
  }));
  const considered: InstallationId[] = [];
  const tier = givenTier({ capOverAllTenants: 5 });
  const deps = {
    deployment: givenDeployment({ tiers: [tier] }),
    clock: createMemoryClock(),
    launches: { capUseAcrossTenants: async () => ({ rows: [], waiters }) },
    tenants: {
      findAcrossTenants: async (ids: readonly InstallationId[]) => {
        considered.push(...ids);
        return [];
      },
    },
  } as unknown as LineDeps;
  await sharedBounds(deps, { tenant: givenTenant(), tier });
  expect(considered.toSorted((one, other) => one - other)).toEqual(
    waiters.slice(50).map(({ installationId }) => installationId),
  );
});

it('readmits a hundred jobs in a run that were refused because too many waited', async () => {
  const why = reason('waiting-cap', 'Too many wait.');
  const known = givenJob({ state: 'done', outcome: 'refused', reason: why });
  let sent = 0;
  const deps = {
    deployment: givenDeployment(),
    clock: createMemoryClock(noon),
    telemetry: createMemoryTelemetry(),
    jobs: { get: async () => known, listWaitingBeyond: async () => [] },
    queues: {
      sendToTier: async () => {
        sent += 1;
      },
    },
  } as unknown as ReconcileDeps;
  const visit = {
    ...{ tenant: givenTenant(), marks: {}, adopted: new Set(), waitingRooms: new Map() },
  } as unknown as Visit;
  const repository = { id: 7, fullName: 'acme/app', ownerId: 1, visibility: 'private' } as const;
  for (let n = 1; n <= 150; n += 1) {
    const job = { jobId: JobId(n), status: 'queued', labels: known.labels, createdAt: noon - 3_600_000 };
    await adopt(deps, visit, { repository, runId: n, job: job as never });
  }
  expect([sent, visit.waitingRooms.get(acme)]).toEqual([100, -50]);
});
