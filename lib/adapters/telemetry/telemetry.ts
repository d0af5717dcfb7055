/**
 * Events as JSON lines on stdout, counts as CloudWatch's embedded metric format: CloudWatch makes metrics of
 * the lines, so that no call is made. It never throws, and hides what a field's name gives away as a secret.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export const metricsNamespace = 'Mayfly';

export interface TelemetryOptions {
  readonly environment: string;
  readonly clock: Clock;
  /**
   * Takes one line, its end included. stdout itself, because the Lambda console would put its own words
   * before it.
   */
  readonly write?: (line: string) => void;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { environment, clock, write = (line) => void process.stdout.write(line) } = options;
  return {
    event(level, name, fields) {
      write(line({ level, event: name, at: new Date(clock.now()).toISOString(), environment, ...fields }));
    },
    count(metric, dimensions = {}, value = 1) {
      const names = ['environment', ...Object.keys(dimensions)];
      const metrics = {
        Namespace: metricsNamespace,
        Dimensions: [names],
        Metrics: [{ Name: metric, Unit: 'Count' }],
      };
      write(
        line({
          _aws: { Timestamp: clock.now(), CloudWatchMetrics: [metrics] },
          environment,
          ...dimensions,
          [metric]: value,
        }),
      );
    },
  };
}

/** One line, whatever the fields are. */
function line(fields: Readonly<Record<string, unknown>>): string {
  try {
    return `${JSON.stringify(fields, loggable)}\n`;
  } catch (error) {
    const { level, event, at } = fields;
    return `${JSON.stringify({ level, event, at, unloggable: String(error) })}\n`;
  }
}

const secretName = /secret|token|jit|private.?key|password|authorization|^ticket$|^signature$/i;

function loggable(name: string, value: unknown): unknown {
  if (typeof value === 'string' && secretName.test(name)) return '(hidden)';
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Error) {
    const { name: kind, message, cause } = value;
    return { kind, message, ...(cause === undefined ? {} : { cause }) };
  }
  return value;
}
