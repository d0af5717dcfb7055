/** The EC2 client for the operator's commands, with the options in aws-clients.ts. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { awsOptions } from './aws-clients.ts';
import type { CommandCall } from './command.ts';

export const ec2Client = (call: Pick<CommandCall, 'config' | 'environment'>) =>
  new EC2Client(awsOptions(call));
