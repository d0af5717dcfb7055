/**
 * Replaces machines without a start gate whose tenant needs one by now: somebody enabled a controller, or set a
 * list, after they claimed. A machine that has not confirmed yet is marked, and its confirmation is refused unless
 * it has a gate by then. A machine that listens loses its registration, so GitHub gives it no more jobs, and the
 * job that it was meant for gets another machine. GitHub keeps the registration of a runner with a job, unless it
 * wrongly reports that runner as idle. So no machine is terminated here: an idle one powers itself off within
 * minutes. If GitHub does not answer, the next sweep tries again.
 */
import { chunksOf } from '../../core/chunks.ts';
import { forEachConcurrently } from '../../core/for-each-concurrently.ts';
import type { InstallationId } from '../../core/ids.ts';
import { jobOf, type Runner } from '../../core/runner.ts';
import { hasStartGate } from '../../core/start-gate.ts';
import type { SweepDeps } from '../common/deps.ts';
import type { OpenRows } from '../common/open-rows.ts';
import { pokeWaiting } from '../common/poke-waiting.ts';
import { removeRegistration } from '../common/remove-registration.ts';
import {
  replaceMilliseconds,
  tenantsAtOnce,
  ungatedMarkedAtOnce,
  ungatedPerTenant,
} from '../common/settings.ts';
import { forgetUnregistered, noteUnregistered } from '../common/unknown-run.ts';
import { releasePlanned } from '../ending/release-planned.ts';
import { rotateRandomly } from './rotate-randomly.ts';

/** @returns whether the limits left machines for the next sweep, and what failed, after everything was tried */
export async function replaceUngated(
  deps: SweepDeps,
  open: Promise<OpenRows>,
): Promise<{ readonly cut: boolean; readonly errors: readonly unknown[] }> {
  const { runners, isCut } = await open;
  const ungated = await ofTenantsWithGates(
    deps,
    runners.filter(({ gated, gateRequiredAt }) => !gated && gateRequiredAt === undefined),
  );
  if (ungated.length === 0) return { cut: isCut, errors: [] };
  const errors: unknown[] = [];
  // Before GitHub is called about any of them: every machine that confirms from now on has a gate.
  const listening = await closeToUnconfirmed(deps, ungated, errors);
  const until = deps.clock.now() + replaceMilliseconds;
  let isLeft = isCut;
  const tenants = [...Map.groupBy(listening, ({ installationId }) => installationId).values()];
  await forEachConcurrently(rotateRandomly(tenants, deps), tenantsAtOnce, async (machines) => {
    isLeft ||= machines.length > ungatedPerTenant;
    for (const runner of rotateRandomly(machines, deps).slice(0, ungatedPerTenant)) {
      if (deps.clock.now() >= until) {
        isLeft = true;
        return;
      }
      const outcome = await replace(deps, runner).catch((error: unknown) => void errors.push(error));
      if (outcome !== 'tried') return;
    }
  });
  return { cut: isLeft, errors };
}

async function ofTenantsWithGates(deps: SweepDeps, runners: readonly Runner[]): Promise<Runner[]> {
  const ids = new Set<InstallationId>(runners.map(({ installationId }) => installationId));
  if (ids.size === 0) return [];
  const tenants = await deps.tenants.findAcrossTenants([...ids]);
  const gated = new Set(tenants.filter(hasStartGate).map(({ installationId }) => installationId));
  return runners.filter(({ installationId }) => gated.has(installationId));
}

/** @returns the machines that already listen */
async function closeToUnconfirmed(
  deps: SweepDeps,
  ungated: readonly Runner[],
  errors: unknown[],
): Promise<Runner[]> {
  const found: Runner[] = [];
  for (const some of chunksOf(ungated, ungatedMarkedAtOnce)) {
    const results = await Promise.allSettled(some.map((runner) => close(deps, runner)));
    for (const result of results) {
      if (result.status === 'rejected') errors.push(result.reason);
      else if (result.value) found.push(result.value);
    }
  }
  return found;
}

async function close(deps: SweepDeps, runner: Runner): Promise<Runner | undefined> {
  if (runner.state === 'listening') return runner;
  const { installationId, instanceId, launchId, tier } = runner;
  if (await deps.runners.requireGate(runner, deps.clock.now())) {
    const about = { installationId, instanceId, launchId, tier };
    deps.telemetry.event('info', 'gate-required', about);
    return undefined;
  }
  // Its state has changed since it was read. If it only claimed, the next sweep sees that.
  const now = await deps.runners.get(installationId, instanceId);
  return now?.state === 'listening' && !now.gated ? now : undefined;
}

/** @returns limited: GitHub accepts no more calls for this tenant now */
async function replace(deps: SweepDeps, runner: Runner): Promise<'tried' | 'limited'> {
  const { installationId, instanceId } = runner;
  const job = await deps.jobs.get(installationId, jobOf(runner));
  if (job?.runner !== instanceId) {
    const removal = await takeAway(deps, runner);
    if (removal === 'limited') return removal;
    if (removal === 'unclear') return 'tried';
  }
  // It gets no further job: it need not be looked at again.
  await deps.runners.requireGate(runner, deps.clock.now());
  return 'tried';
}

/** @returns done: GitHub gives it no further job. unclear: GitHub may not know it yet, or did not answer */
async function takeAway(deps: SweepDeps, runner: Runner): Promise<'done' | 'unclear' | 'limited'> {
  const { installationId, instanceId, launchId, tier } = runner;
  // Noted before the registration is removed: a crash in between may leave a run uncounted, but never counts one
  // too many.
  const isFirst = await noteUnregistered(deps, instanceId);
  const removal = await removeRegistration(deps, runner);
  const found = removal.ok ? removal.value : 'unclear';
  // Absent does not mean idle: GitHub also removes a registration when its job is over.
  const isTakenAway = found === 'removed' || (found === 'absent' && !isFirst);
  if (isFirst && !isTakenAway) await forgetUnregistered(deps, instanceId);
  if (isTakenAway) {
    await releasePlanned(deps, { runner }, await deps.jobs.get(installationId, runner.plannedJob));
    await pokeWaiting(deps, installationId);
    const reason = 'It claimed before its tenant had a start gate, and had no job.';
    const about = { installationId, instanceId, launchId, tier, reason };
    deps.telemetry.event('warn', 'repair', { ...about, kind: 'ungated-machine-replaced' }, { Repairs: 1 });
    return 'done';
  }
  if (!removal.ok && removal.refusal.kind === 'limited') return 'limited';
  return found === 'busy' ? 'done' : 'unclear';
}
