/** The SQS client for the operator's commands, with the options in aws-clients.ts. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsOptions } from './aws-clients.ts';
import type { CommandCall } from './command.ts';

export const sqsClient = (call: Pick<CommandCall, 'config' | 'environment'>) =>
  new SQSClient(awsOptions(call));
