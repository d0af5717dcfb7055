/**
 * Clients for the operator's commands: the configuration's region, the environment's credentials and endpoint. The
 * clients of EC2 and SQS have files of their own: loading a client takes up to a third of a second, and most commands
 * need only DynamoDB's.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
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
