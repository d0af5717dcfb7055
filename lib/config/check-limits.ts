/**
 * The rules for deadlines: each positive and bounded, and none made pointless by another. The upper bounds are GitHub's:
 * a job waits for at most a day and runs for at most five.
 */
import type { Limits } from '../contract/deployment.ts';
import { expect, expectKnownKeys, expectWhole, isRecord, shown } from './faults.ts';

export function limitFaults(limits: unknown): string[] {
  if (!isRecord(limits)) return [`limits is ${shown(limits)}; it must be an object.`];
  const { bootSeconds, idleSeconds, jobSeconds, waitSeconds } = limits as unknown as Limits;
  const faults = [
    ...expectKnownKeys('limits', limits, ['bootSeconds', 'idleSeconds', 'jobSeconds', 'waitSeconds']),
    ...expectWhole('limits.bootSeconds', bootSeconds, { from: 1, to: 3600 }),
    ...expectWhole('limits.idleSeconds', idleSeconds, { from: 1, to: 3600 }),
    ...expectWhole('limits.jobSeconds', jobSeconds, { from: 1, to: 5 * 86_400 }),
    ...expectWhole('limits.waitSeconds', waitSeconds, { from: 1, to: 86_400 }),
  ];
  if (faults.length > 0) return faults;
  return [
    ...expect('limits.jobSeconds', jobSeconds, {
      fits: jobSeconds > idleSeconds,
      allowed: `more than limits.idleSeconds, ${idleSeconds}`,
    }),
    ...expect('limits.waitSeconds', waitSeconds, {
      fits: waitSeconds > bootSeconds,
      allowed: `more than limits.bootSeconds, ${bootSeconds}`,
    }),
  ];
}
