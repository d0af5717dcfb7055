/** Who runs this command, for the audit: the caller's ARN at AWS. GetCallerIdentity needs no permission. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsOptions } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';

export async function whoRuns(call: Pick<CommandCall, 'config' | 'environment'>): Promise<string> {
  const client = new STSClient(awsOptions(call));
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    return Arn ?? 'unknown';
  } finally {
    client.destroy();
  }
}
