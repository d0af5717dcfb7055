/**
 * What `import … from 'mayfly'` provides: the construct, its props and its errors. Nothing else in this repository is a
 * stable interface.
 */

export type { MayflyConfig, TierConfig } from './config/config.ts';
export { ConfigurationError } from './config/configuration-error.ts';
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
