/** Telemetry that keeps what it was told, for tests to look at. A metric is kept alike, whether an event carried it or not. */
import { dimensionNames, type MetricName } from '../../lib/contract/metrics.ts';
import type { Measured, Telemetry } from '../../lib/ports/telemetry.ts';

export interface MemoryTelemetry extends Telemetry {
  readonly events: { level: string; name: string; fields: Readonly<Record<string, unknown>> }[];
  readonly counts: {
    metric: MetricName;
    dimensions: Readonly<Record<string, string>>;
    values: readonly number[];
  }[];
  /** The sum of a metric's values, over all dimensions or those with these. */
  total(metric: MetricName, dimensions?: Readonly<Record<string, string>>): number;
}

export function createMemoryTelemetry(): MemoryTelemetry {
  const events: MemoryTelemetry['events'] = [];
  const counts: MemoryTelemetry['counts'] = [];
  const keep = (metric: MetricName, fields: Readonly<Record<string, unknown>>, measured: Measured) => {
    if (typeof measured !== 'number' && measured.length === 0) return;
    const dimensions = Object.fromEntries(dimensionNames(metric).map((name) => [name, String(fields[name])]));
    counts.push({ metric, dimensions, values: typeof measured === 'number' ? [measured] : measured });
  };
  return {
    events,
    counts,
    event(level, name, fields, metrics) {
      events.push({ level, name, fields });
      for (const [metric, measured] of Object.entries<Measured>(metrics ?? {}))
        keep(metric as MetricName, fields, measured);
    },
    count: (metric, ...[dimensions, value = 1]) => keep(metric, { ...(dimensions as object) }, value),
    total: (metric, wanted = {}) =>
      counts
        .filter((count) => count.metric === metric)
        .filter(({ dimensions }) =>
          Object.entries(wanted).every(([name, value]) => dimensions[name] === value),
        )
        .flatMap(({ values }) => values)
        .reduce((sum, value) => sum + value, 0),
  };
}
