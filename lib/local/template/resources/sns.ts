/** Topics: only alarms publish to them, and no alarm fires here. */
import { type Registry, withoutEffect } from '../resource-type.ts';

const silent = 'only alarms publish to topics, and there are none here';

export const snsTypes: Registry = {
  'AWS::SNS::Topic': {
    properties: {
      TopicName: true,
      DisplayName: withoutEffect.description,
      KmsMasterKeyId: silent,
      Tags: withoutEffect.tags,
    },
    attributes: ['TopicArn', 'TopicName'],
    create({ properties, generatedName }, { region, accountId }) {
      const name: string = properties['TopicName'] ?? generatedName(256);
      const arn = `arn:aws:sns:${region}:${accountId}:${name}`;
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
  },
  'AWS::SNS::TopicPolicy': {
    properties: { Topics: silent, PolicyDocument: silent },
    attributes: [],
    create: ({ logicalId }) => ({ ref: logicalId }),
  },
  'AWS::SNS::Subscription': {
    properties: { TopicArn: silent, Protocol: silent, Endpoint: silent },
    attributes: [],
    create: ({ logicalId }) => ({ ref: logicalId }),
  },
};
