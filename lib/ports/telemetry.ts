import type { DimensionsOf } from '../contract/metric-dimensions.ts';
import type { MetricName } from '../contract/metrics.ts';

/** One number, or several measured at the same moment (at most 100). */
export type Measured = number | readonly number[];

/**
 * Logs and metrics. An event is one structured log line, and carries the metrics of the same moment; a count is a metric
 * without a log line. Fields have the same names everywhere: installationId, jobId, instanceId, launchId,
 * tier, reason. Neither ever holds a secret. A metric that is not in the catalogue, or lacks a dimension, does not compile.
 */
export interface Telemetry {
  event<Name extends MetricName = never>(
    level: 'info' | 'warn' | 'error',
    name: string,
    fields: EventFields<Name>,
    metrics?: Readonly<Record<Name, Measured>>,
  ): void;
  count<Name extends MetricName>(
    metric: Name,
    ...given: keyof DimensionsOf<Name> extends never
      ? [dimensions?: Readonly<Record<string, never>>, value?: Measured]
      : [dimensions: DimensionsOf<Name>, value?: Measured]
  ): void;
}

/** A metric's dimensions are fields of the event. */
export type EventFields<Name extends MetricName> = Readonly<Record<string, unknown>> &
  ([Name] extends [never] ? unknown : DimensionsOf<Name>);
