/**
 * The platform under load in virtual time: several concurrent copies of scale-up, EC2 calls that take a while,
 * messages delayed as by SQS, a sweep each minute, and machines that run their jobs for as long as a test says.
 */
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { acceptJobs } from '../../lib/app/scale-up/accept-jobs.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import type { JobEvent } from '../../lib/contract/messages.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Runner } from '../../lib/core/runner.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import type { Compute, LaunchFailure } from '../../lib/ports/compute.ts';
import type { Notes } from '../../lib/ports/notes.ts';
import { createScheduler } from '../sim/scheduler.ts';
import { givenEvent, givenTenant, noon } from './given.ts';
import { givenPlatform } from './platform.ts';

const batchSize = 10;
const launchMilliseconds = 900;
const throttleMilliseconds = 100;
const noteMilliseconds = 15;

export const throttled: LaunchFailure = {
  class: 'throttled',
  code: 'RequestLimitExceeded',
  message: 'Request limit exceeded.',
};

/**
 * EC2's token bucket for calls: each call takes a token, and this many are refilled each second.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export interface CallBucket {
  readonly most: number;
  readonly perSecond: number;
  left: number;
  filledAt: number;
}

function takeCall(bucket: CallBucket, now: number): boolean {
  const added = ((now - bucket.filledAt) / 1000) * bucket.perSecond;
  bucket.left = Math.min(bucket.most, bucket.left + added);
  bucket.filledAt = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

export type BusyPlatform = Awaited<ReturnType<typeof givenBusyPlatform>>;

export async function givenBusyPlatform(world: {
  deployment: Partial<Deployment>;
  tenants: readonly Tenant[];
  /** How long a machine lives, by its tenant; absent: forever. */
  jobMilliseconds?: (runner: Runner) => number;
  copies?: number;
}) {
  const { copies = 5, jobMilliseconds } = world;
  const scheduler = createScheduler(noon);
  const platform = await givenPlatform(world);
  const due: { id: string; body: string }[] = [];
  const failed: string[] = [];
  const callTimes: number[] = [];
  const throttledCalls: number[] = [];
  const launched: Runner[] = [];
  const ec2: { refusal: LaunchFailure | undefined; bucket: CallBucket | undefined } = {
    refusal: undefined,
    bucket: undefined,
  };
  let idle = copies;
  let messages = 0;

  const deliver = (message: unknown, delaySeconds = 0) =>
    scheduler.after(delaySeconds * 1000, () => {
      due.push({ id: `m-${++messages}`, body: JSON.stringify(message) });
      work();
    });
  const launch: Compute['launch'] = async (request) => {
    callTimes.push(scheduler.now());
    const isThrottled = ec2.bucket && !takeCall(ec2.bucket, scheduler.now());
    await scheduler.sleep(isThrottled ? throttleMilliseconds : launchMilliseconds);
    if (isThrottled) {
      throttledCalls.push(scheduler.now());
      return { kind: 'refused', failure: throttled };
    }
    if (ec2.refusal) return { kind: 'refused', failure: ec2.refusal };
    return platform.compute.launch(request);
  };
  const deps = {
    ...platform,
    clock: { now: scheduler.now, sleep: scheduler.sleep },
    compute: { ...platform.compute, launch },
    queues: {
      ...platform.queues,
      sendToTier: async (_tier: string, message: unknown, options?: { delaySeconds?: number }) =>
        deliver(message, options?.delaySeconds),
    },
    runners: {
      ...platform.runners,
      bind: async (runners: readonly Runner[]) => {
        await platform.runners.bind(runners);
        for (const runner of runners) started(runner);
      },
    },
  };

  /** Reading a note is slow, so that other copies can change it before the write. */
  const slowNotes = (): Notes => ({
    ...platform.notes,
    read: async (...given) => {
      await scheduler.sleep(noteMilliseconds);
      return platform.notes.read(...given);
    },
    glance: async (...given) => {
      await scheduler.sleep(noteMilliseconds);
      return platform.notes.glance(...given);
    },
    writeIf: async (...given) => {
      await scheduler.sleep(noteMilliseconds);
      return platform.notes.writeIf(...given);
    },
  });

  function started(runner: Runner): void {
    launched.push(runner);
    if (!jobMilliseconds) return;
    const { installationId, plannedJob: jobId, instanceId: runnerName } = runner;
    const about = { installationId, jobId, runnerName, repositoryOwnerId: installationId };
    const event = givenEvent({ ...about, action: 'completed', conclusion: 'success' });
    const body = JSON.stringify(event);
    scheduler.after(jobMilliseconds(runner), () => {
      followLifecycle(deps, [{ id: 'done', body }]).then((ids) => failed.push(...ids));
    });
  }

  function work(): void {
    if (idle === 0 || due.length === 0) return;
    idle -= 1;
    // Each copy has ports of its own.
    acceptJobs({ ...deps, notes: slowNotes() }, due.splice(0, batchSize)).then((ids) => {
      failed.push(...ids);
      idle += 1;
      work();
    });
  }

  const sweepEachMinute = () => {
    scheduler.after(60_000, sweepEachMinute);
    sweep(deps).catch((error: unknown) => failed.push(String(error)));
  };
  sweepEachMinute();
  return {
    ...platform,
    /** EC2's answer to every launch from now on; no machine starts. */
    ec2,
    /** When EC2 was called, epoch milliseconds. */
    callTimes,
    /** When EC2 throttled a call, if there is a bucket. */
    throttledCalls,
    /** Every machine that started, in order. */
    launched,
    /** Messages and sweeps that failed. */
    failed,
    now: scheduler.now,
    /** How many messages were delivered. */
    messages: () => messages,
    queue: (event: Partial<JobEvent>) => deliver(givenEvent(event)),
    runFor: (milliseconds: number) => scheduler.runUntil(scheduler.now() + milliseconds),
    waiting: () => platform.stores.world.allJobs().filter(({ state }) => state === 'waiting'),
  };
}

export const tenantNumber = (n: number, over: Partial<Tenant> = {}): Tenant =>
  givenTenant({
    installationId: InstallationId(1000 + n),
    accountId: 1000 + n,
    accountLogin: `tenant-${n}`,
    maxRunners: 500,
    ...over,
  });

type InTier = Partial<Pick<JobEvent, 'tier' | 'labels'>>;

/** Job ids of two tenants never collide. */
export function queueJob(platform: BusyPlatform, tenant: Tenant, n: number, inTier: InTier = {}): void {
  const { installationId, accountId: repositoryOwnerId } = tenant;
  const jobId = JobId(installationId * 10_000 + n);
  platform.queue({ installationId, repositoryOwnerId, jobId, queuedAt: noon + n, ...inTier });
}

/** One after the other. */
export function queueJobs(platform: BusyPlatform, tenant: Tenant, count: number, inTier?: InTier): void {
  for (let n = 0; n < count; n++) queueJob(platform, tenant, n, inTier);
}
