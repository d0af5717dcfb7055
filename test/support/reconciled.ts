/** Tenants that the reconciler visits: one whose runner listens, one with a job that waits for long. */
import { JobId } from '../../lib/core/ids.ts';
import { givenEvent } from './given.ts';
import { givenPlatform, type Platform } from './platform.ts';

export const minutes = (count: number) => count * 60_000;
export const queued = (jobId: number) => givenEvent({ jobId: JobId(jobId) });
export const isQueued = { status: 'queued', conclusion: null, runnerName: null } as const;
export const repairs = (platform: Platform, kind: string) => platform.telemetry.total('Repairs', { kind });
export const labels = ['self-hosted', 'small'];

export async function givenListening(jobId = 1) {
  const platform = await givenPlatform();
  await platform.accept(queued(jobId));
  const [machine] = platform.liveMachines();
  await platform.claim(machine!);
  await platform.confirm(machine!);
  return { platform, machine: machine! };
}

/** Two jobs run, and so a third waits. */
export async function givenWaiting() {
  const platform = await givenPlatform();
  await platform.accept(queued(1), queued(2), queued(3));
  platform.clock.advance(minutes(11));
  return platform;
}
