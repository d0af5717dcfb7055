/** The usage table of the environment that a command is about. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tables } from '../../contract/tables.ts';
import { dynamoClient } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';

export const usageTable = (
  call: CommandCall,
  client: DynamoDBClient = dynamoClient(call),
): { readonly client: DynamoDBClient; readonly tableName: string } => ({
  client,
  tableName: `${call.config.environment}-${tables.usage.suffix}`,
});
