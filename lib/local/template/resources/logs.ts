/**
 * Log groups: names that functions write to. They exist from the start, so that `aws logs tail` finds them.
 */
import { type Registry, withoutEffect } from '../resource-type.ts';

const noQueries = 'nobody runs Logs Insights here; the lines themselves are shown';

export const logsTypes: Registry = {
  'AWS::Logs::LogGroup': {
    properties: {
      LogGroupName: true,
      RetentionInDays: withoutEffect.retention,
      LogGroupClass: 'classes differ in price and in queries that nobody makes here',
      KmsKeyId: withoutEffect.encryption,
      Tags: withoutEffect.tags,
    },
    attributes: ['Arn'],
    create({ properties, generatedName }, cloud) {
      const name: string = properties['LogGroupName'] ?? generatedName(512);
      const { region, accountId } = cloud;
      cloud.createLogGroup(name);
      return {
        ref: name,
        attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` },
      };
    },
  },
  'AWS::Logs::QueryDefinition': {
    properties: { Name: noQueries, QueryString: noQueries, LogGroupNames: noQueries },
    attributes: ['QueryDefinitionId'],
    create: ({ logicalId }) => ({ ref: logicalId, attributes: { QueryDefinitionId: logicalId } }),
  },
};
