/**
 * What `import … from 'mayfly'` gives: the construct, what it is told and what it throws. Nothing else of this repository
 * is promised to stay as it is.
 */
export { ConfigurationError } from './config/check-config.ts';
export type { MayflyConfig, TierConfig } from './config/config.ts';
export { defaultLimits, defaultTiers } from './config/defaults.ts';
export { managedAttributes } from './constructs/access/table-access.ts';
export { Mayfly } from './constructs/mayfly.ts';
export type { MayflyProps } from './constructs/mayfly-props.ts';
export type {
  DeadLettersOwner,
  LaunchFailureResult,
  MetricView,
} from './constructs/observability/deployment-metrics.ts';
export type { FunctionName } from './contract/functions.ts';
export type { DimensionSetOf } from './contract/metric-dimensions.ts';
export { type MetricName, metrics, metricsNamespace } from './contract/metrics.ts';
