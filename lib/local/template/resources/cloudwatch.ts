/** Alarms and dashboards: nothing is watched here, so they only have names. */
import { type Registry, type ResourceType, type Understood, withoutEffect } from '../resource-type.ts';

const unwatched = 'no metric is kept here: what functions emit is in their logs';

function inert(
  type: { readonly properties: readonly string[]; readonly attributes: readonly string[] },
  name: string,
): ResourceType {
  const properties: Record<string, Understood> = { Tags: withoutEffect.tags, [name]: true };
  for (const property of type.properties) properties[property] = unwatched;
  return {
    properties,
    attributes: type.attributes,
    create(resource, { region, accountId }) {
      const ref: string = resource.properties[name] ?? resource.generatedName(255);
      const arn = `arn:aws:cloudwatch:${region}:${accountId}:alarm:${ref}`;
      return { ref, attributes: Object.fromEntries(type.attributes.map((attribute) => [attribute, arn])) };
    },
  };
}

export const cloudwatchTypes: Registry = {
  'AWS::CloudWatch::Alarm': inert(
    {
      properties: [
        'AlarmDescription',
        'AlarmActions',
        'OKActions',
        'ComparisonOperator',
        'Dimensions',
        'EvaluationPeriods',
        'ExtendedStatistic',
        'MetricName',
        'Metrics',
        'Namespace',
        'Period',
        'Statistic',
        'Threshold',
        'TreatMissingData',
      ],
      attributes: ['Arn'],
    },
    'AlarmName',
  ),
  'AWS::CloudWatch::Dashboard': inert({ properties: ['DashboardBody'], attributes: [] }, 'DashboardName'),
};
