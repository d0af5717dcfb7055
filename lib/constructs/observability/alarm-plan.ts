/**
 * The plan of one alarm, and how several metrics are combined into the one that an alarm reads. CloudWatch accepts ten of
 * them.
 */
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';

export interface AlarmPlan {
  /** Its name, after the environment's prefix. */
  readonly name: string;
  /** The heading of its article in docs/RUNBOOK.md. */
  readonly article: string;
  /** What is wrong, in one sentence. */
  readonly says: string;
  readonly metric: IMetric;
  readonly above: number;
  /** How many consecutive periods must be over the threshold. */
  readonly periods: number;
  /** Missing data also triggers it. Default: it does not. */
  readonly silenceIsBad?: boolean;
}

/** CloudWatch accepts ten metrics in one alarm. */
export const mostMetrics = 10;

/** The name alone if one alarm is enough, else numbered. */
export const numbered = (name: string, chunks: readonly unknown[], n: number) =>
  chunks.length === 1 ? name : `${name}-${n + 1}`;

/** A metric without data counts as nothing. */
export function sum(metrics: readonly IMetric[], minutes: number): MathExpression {
  return new MathExpression({
    expression: metrics.map((_, n) => `FILL(m${n}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, n) => [`m${n}`, metric])),
    period: Duration.minutes(minutes),
  });
}

/** The largest of them; one without data counts as 0. */
export function largest(metrics: readonly IMetric[], minutes: number): MathExpression {
  return new MathExpression({
    expression: `MAX([${metrics.map((_, n) => `FILL(m${n}, 0)`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, n) => [`m${n}`, metric])),
    period: Duration.minutes(minutes),
  });
}
