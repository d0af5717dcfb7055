/** Every resource type that the laptop supports, one family in each file. A type that is not here is an error. */
import type { Registry } from './resource-type.ts';
import { cloudwatchTypes } from './resources/cloudwatch.ts';
import { dynamodbTypes } from './resources/dynamodb.ts';
import { eventSourceMappingTypes } from './resources/event-source-mapping.ts';
import { eventsTypes } from './resources/events.ts';
import { iamTypes } from './resources/iam.ts';
import { lambdaTypes } from './resources/lambda.ts';
import { launchTemplateTypes } from './resources/launch-template.ts';
import { logsTypes } from './resources/logs.ts';
import { networkTypes } from './resources/network.ts';
import { s3Types } from './resources/s3.ts';
import { secretsTypes } from './resources/secrets.ts';
import { snsTypes } from './resources/sns.ts';
import { sqsTypes } from './resources/sqs.ts';
import { ssmTypes } from './resources/ssm.ts';

export const registry: Registry = {
  ...cloudwatchTypes,
  ...dynamodbTypes,
  ...eventSourceMappingTypes,
  ...eventsTypes,
  ...iamTypes,
  ...lambdaTypes,
  ...launchTemplateTypes,
  ...logsTypes,
  ...networkTypes,
  ...s3Types,
  ...secretsTypes,
  ...snsTypes,
  ...sqsTypes,
  ...ssmTypes,
};
