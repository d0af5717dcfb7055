/** Which export a command is about. The platform's account may differ from the account that runs the command. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { ExportPlace } from '../../../contract/costs-export.ts';
import { awsOptions } from '../../aws-clients.ts';
import { type CommandCall, type CommandOption, UsageError } from '../../command.ts';

export const accountOption: CommandOption = {
  flags: '--account <id>',
  description: 'the account that Mayfly runs in, if another one pays the bill',
};

export interface ExportCall {
  readonly place: ExportPlace;
  /** The account that runs the command. */
  readonly caller: string;
}

/** @throws UsageError */
export async function exportCall(call: CommandCall): Promise<ExportCall> {
  const { config, options } = call;
  const { environment, region, costsExport } = config;
  if (!costsExport)
    throw new UsageError(
      'mayfly.config.ts has no costsExport. Set costsExport: {} (or { payerAccount } if another account pays the bill), and deploy.',
    );
  const caller = await callerAccount(call);
  const { payerAccount } = costsExport;
  const given = options['account'];
  if (given !== undefined && !/^\d{12}$/.test(String(given)))
    throw new UsageError(`--account is ${JSON.stringify(given)}; it must be twelve digits.`);
  if (payerAccount !== undefined && payerAccount !== caller)
    throw new UsageError(
      `costsExport.payerAccount is ${payerAccount}, but these are credentials of ${caller}. Run the command with those of ${payerAccount}.`,
    );
  if (payerAccount !== undefined && given === undefined)
    throw new UsageError('Name the account that Mayfly runs in: --account 123456789012.');
  return { place: { environment, region, account: String(given ?? caller) }, caller };
}

export async function callerAccount(call: Pick<CommandCall, 'config' | 'environment'>): Promise<string> {
  const client = new STSClient(awsOptions(call));
  try {
    const { Account = '' } = await client.send(new GetCallerIdentityCommand({}));
    return Account;
  } finally {
    client.destroy();
  }
}
