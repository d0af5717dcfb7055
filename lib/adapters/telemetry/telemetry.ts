/**
 * Events as JSON lines on stdout, with their metrics in CloudWatch's embedded format: CloudWatch extracts the metrics
 * from the lines, so no call is made. It never throws, and hides fields whose names suggest a secret.
 */
import type { MetricName } from '../../contract/metrics.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Measured, Telemetry } from '../../ports/telemetry.ts';
import { embeddedMetrics } from './embedded-metrics.ts';

export interface TelemetryOptions {
  readonly environment: string;
  readonly clock: Clock;
  /** Takes one line, including its end. stdout directly, because the Lambda console would put its own text before it. */
  readonly write?: (line: string) => void;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { environment, clock, write = (line) => void process.stdout.write(line) } = options;
  const embedded = (measured: Readonly<Record<string, Measured>>) => {
    // CloudWatch refuses a metric without values.
    const present = Object.entries(measured).filter(
      ([, value]) => typeof value === 'number' || value.length > 0,
    );
    const names = present.map(([name]) => name as MetricName);
    if (names.length === 0) return {};
    return { ...Object.fromEntries(present), _aws: embeddedMetrics(names, clock.now()) };
  };
  return {
    event(level, name, fields, metrics) {
      const measured = embedded(metrics ?? {});
      // A line with metrics already has its time, and logs are billed by the byte.
      const time = '_aws' in measured ? {} : { at: new Date(clock.now()).toISOString() };
      write(line({ level, event: name, ...time, environment, ...fields, ...measured }));
    },
    count(metric, ...[dimensions, value = 1]) {
      write(line({ environment, ...(dimensions as object), ...embedded({ [metric]: value }) }));
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
