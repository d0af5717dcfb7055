/** The machines in memory: see the port for what each method promises, and world.ts for how to make one fail. */
import type { Job } from '../../lib/core/job.ts';
import { jobOf, type Runner } from '../../lib/core/runner.ts';
import type { LeaseCost } from '../../lib/core/spend-counts.ts';
import type { ClaimOutcome, EndOutcome, RunnerEnd, RunnerStore } from '../../lib/ports/runners.ts';
import type { UnreadableRow } from '../../lib/ports/unreadable-row.ts';
import { copyOf } from './copy.ts';
import { readableJobs } from './jobs.ts';
import { countLeases } from './lease-counts.ts';
import { readable } from './unreadable.ts';
import { jobKey, type Rows, type StoreWorld } from './world.ts';

export function createMemoryRunnerStore(world: StoreWorld): RunnerStore {
  const whole = (runner: Runner | undefined) => (runner ? readableRunners(world, [runner])[0] : undefined);
  const wholeJob = (job: Job | undefined) => (job ? readableJobs(world, [job])[0] : undefined);
  return {
    bind: (bound) =>
      world.call('runners.bind', ({ runners }) => {
        for (const runner of bound) {
          if (!runners.has(runner.instanceId)) runners.set(runner.instanceId, copyOf(runner));
        }
      }),
    get: (installationId, instanceId) =>
      world.call('runners.get', ({ runners }) => {
        const runner = whole(runners.get(instanceId));
        return runner?.installationId === installationId ? runner : undefined;
      }),
    readPlan: ({ installationId, plannedJob }, how) =>
      world.call('runners.readPlan', (rows) => ({
        job: wholeJob(((how?.jobMayLag && world.past) || rows).jobs.get(jobKey(installationId, plannedJob))),
        tenant: rows.tenants.get(installationId),
      })),
    readRun: (given) =>
      world.call('runners.readRun', ({ runners, jobs, tenants }) => {
        const { installationId, instanceId } = given;
        const runner = whole(runners.get(instanceId));
        return {
          runner: runner?.installationId === installationId ? runner : undefined,
          job: wholeJob(jobs.get(jobKey(installationId, jobOf(given)))),
          tenant: tenants.get(installationId),
        };
      }),
    findAcrossTenants: (instanceIds, skipped) =>
      world.call('runners.findAcrossTenants', ({ runners }) => {
        const found = [...new Set(instanceIds)].flatMap((id) => runners.get(id) ?? []);
        return readableRunners(world, found, skipped);
      }),
    claim: (claiming) =>
      world.call('runners.claim', (rows) => {
        const outcome = claim(rows, claiming);
        if (outcome.kind === 'claimed') whole(outcome.runner);
        return outcome;
      }),
    confirm: ({ instanceId, launchId, nonce, at, gated, runningAt }) =>
      world.call('runners.confirm', ({ runners }) => {
        const runner = runners.get(instanceId);
        if (runner?.state !== 'claimed' || runner.nonce !== nonce) return false;
        if (runner.launchId !== launchId) return false;
        if (runner.gateRequiredAt !== undefined && !gated) return false;
        runners.set(instanceId, {
          ...runner,
          state: 'listening',
          listeningAt: at,
          ...(gated ? { gated } : {}),
          ...(runningAt === undefined ? {} : { runningAt }),
        });
        return true;
      }),
    requireGate: ({ instanceId, state }, at) =>
      world.call('runners.requireGate', ({ runners }) => {
        const stored = runners.get(instanceId);
        if (stored?.state !== state || stored.gated) return false;
        runners.set(instanceId, { ...stored, gateRequiredAt: at });
        return true;
      }),
    giveJob: (runner, job) => world.call('runners.giveJob', (rows) => giveJob(rows, runner, job)),
    recordRan: (runs) =>
      world.call('runners.recordRan', ({ runners }) =>
        runs.map(({ instanceId, jobId, ...left }) => {
          const stored = runners.get(instanceId);
          if (!stored || stored.state === 'ended') return false;
          runners.set(instanceId, { ...stored, ...left, ran: jobId });
          return true;
        }),
      ),
    noteUnknownRun: ({ installationId, instanceId }, at) =>
      world.call('runners.noteUnknownRun', ({ runners, tenants }) => {
        const [stored, tenant] = [runners.get(instanceId), tenants.get(installationId)];
        if (!stored || stored.unknownRunAt !== undefined || !tenant) return false;
        runners.set(instanceId, { ...stored, unknownRunAt: at });
        tenants.set(installationId, { ...tenant, unknownRuns: (tenant.unknownRuns ?? 0) + 1 });
        return true;
      }),
    extend: (runner, deadline) =>
      world.call('runners.extend', ({ runners }) => {
        const stored = runners.get(runner.instanceId);
        if (!stored || stored.state === 'ended') return false;
        runners.set(stored.instanceId, { ...stored, deadline: Math.max(stored.deadline, deadline) });
        return true;
      }),
    expectMore: (runner, more) => world.call('runners.expectMore', (rows) => expectMore(rows, runner, more)),
    end: (ends) => world.call('runners.end', (rows) => ends.map((end) => endOne(rows, end))),
  };
}

function endOne(rows: Rows, { runner, reason, at, console, spend }: RunnerEnd): EndOutcome {
  const stored = rows.runners.get(runner.instanceId);
  if (!stored || stored.state === 'ended') return 'was-ended';
  if (stored.plannedJob !== runner.plannedJob || stored.ran !== runner.ran) return 'changed';
  if (stored.leaseCost?.expected !== runner.leaseCost?.expected) return 'changed';
  const kept = console === undefined ? {} : { console };
  countLeases(rows, stored, -1, spend);
  rows.runners.set(stored.instanceId, {
    ...stored,
    ...kept,
    state: 'ended',
    endedAt: at,
    endReason: reason,
  });
  return 'ended';
}

function expectMore(rows: Rows, runner: Runner, more: Pick<LeaseCost, 'expected' | 'overrun'>): boolean {
  const stored = rows.runners.get(runner.instanceId);
  if (!stored || stored.state === 'ended' || !rows.tenants.has(stored.installationId)) return false;
  if (stored.leaseCost?.expected !== runner.leaseCost?.expected) return false;
  const { expected, overrun } = more;
  const change = expected - (stored.leaseCost?.expected ?? 0);
  const beyond = (overrun ?? stored.leaseCost?.overrun ?? 0) - (stored.leaseCost?.overrun ?? 0);
  const leaseCost = { ...stored.leaseCost, expected, ...(overrun === undefined ? {} : { overrun }) };
  rows.runners.set(stored.instanceId, { ...stored, leaseCost });
  countLeases(rows, { installationId: stored.installationId, tier: stored.tier }, 0, {
    ...{ launchedAt: stored.launchedAt, change, expected: change, overrun: beyond },
  });
  return true;
}

const readableRunners = (world: StoreWorld, runners: readonly Runner[], skipped?: UnreadableRow[]) =>
  readable(world, runners, { table: 'runners', keyOf: ({ instanceId }) => instanceId, skipped });

/** As it is stored, if it has not ended and its planned job is still the one that was read. */
function unchanged({ runners }: Rows, runner: Runner): Runner | undefined {
  const stored = runners.get(runner.instanceId);
  return stored && stored.state !== 'ended' && stored.plannedJob === runner.plannedJob ? stored : undefined;
}

function claim({ runners }: Rows, claiming: Parameters<RunnerStore['claim']>[0]): ClaimOutcome {
  const { instanceId, launchId, nonce, at } = claiming;
  const runner = runners.get(instanceId);
  if (!runner) return { kind: 'unknown' };
  if (runner.launchId !== launchId) return { kind: 'refused', why: 'other-launch' };
  switch (runner.state) {
    case 'ended':
      return { kind: 'refused', why: 'ended' };
    case 'listening':
      return { kind: 'refused', why: 'confirmed' };
    case 'claimed':
      return runner.nonce === nonce ? { kind: 'claimed', runner } : { kind: 'refused', why: 'other-nonce' };
    case 'booting': {
      const claimed: Runner = { ...runner, state: 'claimed', nonce, claimedAt: at };
      runners.set(instanceId, claimed);
      return { kind: 'claimed', runner: claimed };
    }
  }
}

function giveJob(rows: Rows, runner: Runner, job: Job): boolean {
  const stored = unchanged(rows, runner);
  const key = jobKey(job.installationId, job.jobId);
  const known = rows.jobs.get(key);
  const isAsRead =
    job.state === 'covered'
      ? known?.state === 'covered' && known.lease === job.lease
      : known?.state === 'waiting' && known.tier === runner.tier;
  if (!stored || stored.state !== runner.state || !known || !isAsRead) return false;
  const { reason: _reason, retryAt: _retryAt, ...rest } = known;
  rows.jobs.set(key, { ...rest, state: 'covered', lease: runner.lease });
  rows.runners.set(stored.instanceId, { ...stored, plannedJob: job.jobId, repository: job.repository });
  return true;
}
