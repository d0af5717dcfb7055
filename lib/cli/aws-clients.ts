/** Clients for the operator's commands: the configuration's region, the environment's credentials and endpoint. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { CommandCall } from './command.ts';

export function awsOptions({ config, environment }: Pick<CommandCall, 'config' | 'environment'>) {
  const endpoint = environment['AWS_ENDPOINT_URL'];
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  return {
    region: config.region,
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretAccessKey
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } }
      : {}),
  };
}

export const dynamoClient = (call: Pick<CommandCall, 'config' | 'environment'>) =>
  new DynamoDBClient(awsOptions(call));
export const ec2Client = (call: Pick<CommandCall, 'config' | 'environment'>) =>
  new EC2Client(awsOptions(call));
export const sqsClient = (call: Pick<CommandCall, 'config' | 'environment'>) =>
  new SQSClient(awsOptions(call));
