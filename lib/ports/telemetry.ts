/**
 * What the platform tells of itself. An event is one structured log line; a count is a metric without tenant labels.
 * Neither ever holds a secret.
 */
export interface Telemetry {
  event(level: 'info' | 'warn' | 'error', name: string, fields: Readonly<Record<string, unknown>>): void;
  count(metric: string, dimensions?: Readonly<Record<string, string>>, value?: number): void;
}
