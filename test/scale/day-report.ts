/** What a simulated day came to: whether each limit held, how long leases lay free, and what a job cost in calls. */
import type { Day } from './simulate-day.ts';
import type { Units } from './unit-meter.ts';

export interface DayReport {
  readonly tenants: number;
  readonly jobs: number;
  readonly jobsDone: number;
  /** A tenant with more machines than its limit, and when. Empty, or something is wrong. */
  readonly limitsBroken: readonly string[];
  /** From a lease going back while a job waits, to a machine for it: milliseconds. */
  readonly freeToLaunched: { readonly samples: number; readonly p50: number; readonly p99: number };
  /** Of all services, but for what the schedule makes whether anything happens or not. */
  readonly callsPerJob: number;
  readonly callsOnSchedule: number;
  /** Of DynamoDB, for what events caused. */
  readonly writeUnitsPerJob: number;
  readonly readUnitsPerJob: number;
  readonly createFleet: { readonly total: number; readonly busiestSecond: number };
  readonly mostMachines: number;
  /** Of the large tenant. */
  readonly mostMachinesOfLarge: number;
  readonly deepestQueue: number;
  readonly messagesFailed: number;
  readonly realSeconds: number;
}

export function dayReport(seen: {
  day: Day;
  accepted: number;
  done: number;
  calls: { events: number; schedule: number };
  waits: number[];
  over: readonly string[];
  units: { readonly events: Units };
  mostLiveOfLarge: number;
  createFleet: DayReport['createFleet'];
  mostLive: number;
  deepestQueue: number;
  failures: number;
  realSeconds: number;
}): DayReport {
  const sorted = Float64Array.from(seen.waits).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const each = (count: number) => Math.round((100 * count) / seen.accepted) / 100;
  return {
    tenants: seen.day.tenants,
    jobs: seen.accepted,
    jobsDone: seen.done,
    limitsBroken: seen.over,
    freeToLaunched: { samples: sorted.length, p50: at(0.5), p99: at(0.99) },
    callsPerJob: each(seen.calls.events),
    callsOnSchedule: seen.calls.schedule,
    writeUnitsPerJob: each(seen.units.events.write),
    readUnitsPerJob: each(seen.units.events.read),
    createFleet: seen.createFleet,
    mostMachines: seen.mostLive,
    mostMachinesOfLarge: seen.mostLiveOfLarge,
    deepestQueue: seen.deepestQueue,
    messagesFailed: seen.failures,
    realSeconds: Math.round(10 * seen.realSeconds) / 10,
  };
}
