/**
 * The platform's metrics as CloudWatch shows them, typed by the catalogue: a graph or an alarm on a metric that the code
 * does not emit, or with other dimensions, does not compile.
 */
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { DimensionSetOf, SetNamesOf } from '../../contract/metric-dimensions.ts';
import { type MetricName, metricsNamespace } from '../../contract/metrics.ts';

export interface Reading {
  /** `Sum`, `Maximum`, `p99`, … */
  readonly statistic: string;
  readonly minutes: number;
}

/** One metric under one of its sets of dimensions. */
export function platformMetric<Name extends MetricName>(
  environment: string,
  name: Name,
  read: Reading & { readonly dimensions: DimensionSetOf<Name> },
): Metric {
  return new Metric({
    namespace: metricsNamespace,
    metricName: name,
    dimensionsMap: { environment, ...(read.dimensions as Readonly<Record<string, string>>) },
    statistic: read.statistic,
    period: Duration.minutes(read.minutes),
  });
}

/** A line for each existing value of the dimensions: tiers, reasons, kinds. For graphs; alarms cannot search. */
export function platformLines<Name extends MetricName>(
  environment: string,
  name: Name,
  read: Reading & { readonly by: SetNamesOf<Name> },
): MathExpression {
  const schema = [metricsNamespace, 'environment', ...read.by].join(',');
  const query = `{${schema}} MetricName="${name}" environment="${environment}"`;
  return new MathExpression({
    expression: `SEARCH('${query}', '${read.statistic}', ${read.minutes * 60})`,
    label: read.by.map((dimension) => `\${PROP('Dim.${dimension}')}`).join(' '),
    period: Duration.minutes(read.minutes),
    usingMetrics: {},
  });
}

export const queueMetric = (queue: string, name: string, statistic: string) =>
  new Metric({
    namespace: 'AWS/SQS',
    metricName: name,
    dimensionsMap: { QueueName: queue },
    statistic,
    period: Duration.minutes(1),
    label: queue,
  });

export const functionMetric = (functionName: string, name: string, read: Reading) =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName: name,
    dimensionsMap: { FunctionName: functionName },
    statistic: read.statistic,
    period: Duration.minutes(read.minutes),
    label: functionName,
  });
