/**
 * Each minute: acts on every row whose deadline has passed, with the same use cases that the events call. This is why
 * messages may be lost. Each part is bounded and stands alone; what is left over is a minute later.
 */
import { drainTenant } from './drain-tenant.ts';
import { resumeLaunch } from './resume-launch.ts';
import { sweepPageSize } from './settings.ts';
import type { SweepDeps } from './sweep-deps.ts';
import { sweepPendingJobs } from './sweep-pending-jobs.ts';
import { sweepRunner } from './sweep-runner.ts';

/** @throws AggregateError of what failed, after everything was tried */
export async function sweep(deps: SweepDeps): Promise<void> {
  const results = [
    ...(await sweepLaunches(deps)),
    ...(await sweepRunners(deps)),
    ...(await Promise.allSettled([sweepPendingJobs(deps)])),
  ];
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  for (const error of errors)
    deps.telemetry.event('error', 'sweep-failed', { error: String(error?.stack ?? error) });
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} parts of the sweep failed; see the log above.`);
}

async function sweepLaunches(deps: SweepDeps): Promise<PromiseSettledResult<void>[]> {
  const launches = await deps.launches.listOverdueAcrossTenants(deps.clock.now(), sweepPageSize);
  return Promise.allSettled(
    launches.map(async (launch) => {
      await resumeLaunch(deps, launch);
      // Of a tenant that was deleted meanwhile, also the machines that only now turned up must end.
      await drainTenant(deps, launch.installationId);
    }),
  );
}

async function sweepRunners(deps: SweepDeps): Promise<PromiseSettledResult<void>[]> {
  const runners = await deps.runners.listOverdueAcrossTenants(deps.clock.now(), sweepPageSize);
  return Promise.allSettled(runners.map((runner) => sweepRunner(deps, runner)));
}
