/**
 * The `_aws` part of a line in CloudWatch's embedded metric format: it says which of the line's members are metrics and
 * which their dimensions. Metrics with the same dimensions share one directive, since logs are billed by the byte.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { type MetricName, metrics, metricsNamespace } from '../../contract/metrics.ts';

export function embeddedMetrics(names: readonly MetricName[], timestamp: number) {
  const directives = new Map<string, { sets: string[][]; names: MetricName[] }>();
  for (const name of names) {
    const sets = metrics[name].sets.map((set) => ['environment', ...set]);
    const key = JSON.stringify(sets);
    const known = directives.get(key);
    if (known) known.names.push(name);
    else directives.set(key, { sets, names: [name] });
  }
  return {
    Timestamp: timestamp,
    CloudWatchMetrics: [...directives.values()].map(({ sets, names }) => ({
      Namespace: metricsNamespace,
      Dimensions: sets,
      // Without its unit, which CloudWatch only labels axes with: each name ends with it, or is a count.
      Metrics: names.map((Name) => ({ Name })),
    })),
  };
}
