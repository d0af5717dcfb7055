/** Telemetry that keeps what it was told, for tests to look at. */
import type { Telemetry } from '../../ports/telemetry.ts';

export interface MemoryTelemetry extends Telemetry {
  readonly events: { level: string; name: string; fields: Readonly<Record<string, unknown>> }[];
  readonly counts: { metric: string; dimensions: Readonly<Record<string, string>>; value: number }[];
  /** The sum of a metric's counts, over all dimensions or those with these. */
  total(metric: string, dimensions?: Readonly<Record<string, string>>): number;
}

export function createMemoryTelemetry(): MemoryTelemetry {
  const events: MemoryTelemetry['events'] = [];
  const counts: MemoryTelemetry['counts'] = [];
  return {
    events,
    counts,
    event: (level, name, fields) => void events.push({ level, name, fields }),
    count: (metric, dimensions = {}, value = 1) => void counts.push({ metric, dimensions, value }),
    total: (metric, wanted = {}) =>
      counts
        .filter((count) => count.metric === metric)
        .filter(({ dimensions }) =>
          Object.entries(wanted).every(([name, value]) => dimensions[name] === value),
        )
        .reduce((sum, { value }) => sum + value, 0),
  };
}
