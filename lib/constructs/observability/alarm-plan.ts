/** One alarm as it is planned, and how several metrics become the one that an alarm reads. CloudWatch takes ten of them. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';

export interface AlarmPlan {
  /** After the environment. */
  readonly name: string;
  /** The article's heading. */
  readonly article: string;
  /** What is the matter, in a sentence. */
  readonly says: string;
  readonly metric: IMetric;
  readonly above: number;
  /** For so many periods of the metric, one after the other. */
  readonly periods: number;
  /** No data is bad news too. Default: it is no news. */
  readonly silenceIsBad?: boolean;
}

/** CloudWatch takes ten metrics in one alarm. */
export const mostMetrics = 10;

/** As many as one alarm takes. */
export const chunksOf = <Item>(items: readonly Item[], size = mostMetrics): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

/** The name alone where one alarm is enough, else numbered. */
export const numbered = (name: string, chunks: readonly unknown[], n: number) =>
  chunks.length === 1 ? name : `${name}-${n + 1}`;

/** Where one of them has no data, it counts for nothing. */
export function sum(metrics: readonly IMetric[], minutes: number): MathExpression {
  return new MathExpression({
    expression: metrics.map((_, n) => `FILL(m${n}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, n) => [`m${n}`, metric])),
    period: Duration.minutes(minutes),
  });
}

/** The largest of them; where one has no data, it counts as 0. */
export function largest(metrics: readonly IMetric[], minutes: number): MathExpression {
  return new MathExpression({
    expression: `MAX([${metrics.map((_, n) => `FILL(m${n}, 0)`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, n) => [`m${n}`, metric])),
    period: Duration.minutes(minutes),
  });
}
