/**
 * Metrics of one deployment for graphs and alarms elsewhere. Each is in the catalogue or belongs to a queue, an unknown
 * tier is an error, and all are tied to the account and region of the platform's stack.
 */
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Deployment } from '../../contract/deployment.ts';
import type { DimensionSetOf } from '../../contract/metric-dimensions.ts';
import { type MetricName, metrics } from '../../contract/metrics.ts';
import { tierQueueOf } from '../../contract/queue-name.ts';
import { deadLettersOf, type SharedQueue } from '../../contract/resource-names.ts';
import { platformMetric, queueMetric } from './platform-metrics.ts';

/** Overrides of a metric's default statistic and period. */
export type MetricView = Pick<MetricOptions, 'statistic' | 'period' | 'label' | 'color'>;

/** Why CreateFleet did not start the requested machines: the `result` of failed launches. */
export type LaunchFailureResult = 'capacity' | 'unoffered' | 'quota' | 'throttled' | 'fatal' | 'unknown';

/** Whose dead letters: those of a tier's queue, or of a queue shared by all tiers. */
export type DeadLettersOwner = { readonly tier: string } | { readonly queue: SharedQueue };

/** Levels, not counts of events: their sum over time means nothing. */
const levels: readonly MetricName[] = ['JobsWaiting', 'LeasesInUse'];

const minutes = 5;

export class DeploymentMetrics {
  readonly #scope: Construct;
  readonly #deployment: Deployment;

  constructor(scope: Construct, deployment: Deployment) {
    this.#scope = scope;
    this.#deployment = deployment;
  }

  metric<Name extends MetricName>(
    name: Name,
    dimensions: DimensionSetOf<Name>,
    view: MetricView = {},
  ): Metric {
    const { tier } = dimensions as { readonly tier?: string };
    if (tier !== undefined) this.#assertTier(tier);
    const read = { dimensions, statistic: usualStatistic(name), minutes };
    return platformMetric(this.#deployment.environment, name, read).with(view).attachTo(this.#scope);
  }

  deadLetters(owner: DeadLettersOwner, view: MetricView = {}): Metric {
    if ('tier' in owner) this.#assertTier(owner.tier);
    const { environment } = this.#deployment;
    const queue = 'tier' in owner ? tierQueueOf(environment, owner.tier) : `${environment}-${owner.queue}`;
    return queueMetric(deadLettersOf(queue), 'ApproximateNumberOfMessagesVisible', 'Maximum')
      .with(view)
      .attachTo(this.#scope);
  }

  #assertTier(tier: string) {
    const names = this.#deployment.tiers.map(({ name }): string => name);
    if (names.includes(tier)) return;
    throw new Error(`There is no tier ${JSON.stringify(tier)}; the tiers are ${names.join(', ')}.`);
  }
}

function usualStatistic(name: MetricName): string {
  switch (metrics[name].unit) {
    case 'Milliseconds':
      return 'p50';
    case 'Seconds':
      return 'Maximum';
    case 'Count':
      return levels.includes(name) ? 'Maximum' : 'Sum';
  }
}
