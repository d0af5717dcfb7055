/** Every metric of the platform's own that a synthesized app graphs or alarms, read from its templates. */
import type { Synthesized } from './assembly.ts';

export interface WatchedMetric {
  readonly name: string;
  /** `environment` included. */
  readonly dimensions: readonly string[];
}

export function watchedMetrics(app: Synthesized): WatchedMetric[] {
  return [...alarmed(app), ...graphed(app)];
}

interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string }[];
}

function alarmed(app: Synthesized): WatchedMetric[] {
  return app
    .resources('AWS::CloudWatch::Alarm')
    .flatMap(({ Properties }): AlarmMetric[] => [
      Properties,
      ...(Properties.Metrics ?? []).flatMap((each: { MetricStat?: { Metric: AlarmMetric } }) =>
        each.MetricStat ? [each.MetricStat.Metric] : [],
      ),
    ])
    .filter(({ Namespace }) => Namespace === 'Mayfly')
    .map(({ MetricName, Dimensions = [] }) => ({
      name: MetricName,
      dimensions: Dimensions.map(({ Name }) => Name),
    }));
}

/** A graph's metric is a list `[namespace, name, dimension, value, …, options]`, or a search. */
function graphed(app: Synthesized): WatchedMetric[] {
  return app
    .resources('AWS::CloudWatch::Dashboard')
    .flatMap(({ Properties }) => JSON.parse(joined(Properties.DashboardBody)).widgets)
    .flatMap((widget: { properties: { metrics?: unknown[][] } }) => widget.properties.metrics ?? [])
    .flatMap((line) => {
      if (line[0] === 'Mayfly') {
        const pairs = line.slice(2).filter((word): word is string => typeof word === 'string');
        return [{ name: String(line[1]), dimensions: pairs.filter((_, n) => n % 2 === 0) }];
      }
      const { expression } = line[0] as { expression?: string };
      const search = /SEARCH\('\{Mayfly,([^}]+)\} MetricName="(\w+)"/.exec(expression ?? '');
      return search ? [{ name: search[2]!, dimensions: search[1]!.split(',') }] : [];
    });
}

/** References stand for ARNs of alarms, which do not matter here. */
function joined(body: string | { 'Fn::Join': [string, unknown[]] }): string {
  if (typeof body === 'string') return body;
  return body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'x')).join('');
}
