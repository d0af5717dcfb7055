/**
 * `mayfly costs export enable`: asks AWS to deliver the bill's rows by resource to the deployment's bucket. It may be
 * run again at any time: an existing export stays, and the output shows its state.
 */
import type { AwsJson } from '../../../ports/aws-json.ts';
import type { Command } from '../../command.ts';
import { dataExports, definitionOf, type FoundExport, findExport } from './data-exports.ts';
import { bucketFault } from './export-bucket.ts';
import { accountOption, type ExportCall, exportCall } from './export-place.ts';

export const costsExportEnable: Command = {
  name: 'costs export enable',
  summary: "have AWS deliver its bill's rows by machine, for mayfly costs compare",
  details: `
Examples:
  mayfly costs export enable                          run it again later to see whether AWS delivers
  mayfly costs export enable --dry-run                show what would be sent to AWS
  mayfly costs export enable --account 123456789012   if another account pays the bill of 123456789012

First set costsExport in mayfly.config.ts and deploy: that creates the bucket. Run the command with credentials of the account
that pays the bill. AWS delivers for the first time within 24 hours, and then at least once a day (docs/COSTS.md).
`,
  exitOne: 'AWS rejects the export or cannot deliver it, or an export of this name has other settings',
  options: [
    accountOption,
    { flags: '--dry-run', description: 'print the definition of the export, and send nothing to AWS' },
  ],
  async run(call) {
    const { io, options } = call;
    const asked = await exportCall(call);
    if (options['dryRun']) {
      io.out(`${JSON.stringify(definitionOf(asked.place), null, 2)}\n`);
      return 0;
    }
    const aws = await dataExports(call);
    const found = await findExport(aws, asked.place);
    if (found) return printFound(found, io);
    const refusal = (await bucketFault(call, asked)) ?? (await create(aws, asked));
    io.out(refusal ?? `Created. ${firstDelivery}`);
    return refusal === undefined ? 0 : 1;
  },
};

const firstDelivery =
  'AWS delivers for the first time within 24 hours: run mayfly costs compare after that. It has the tags of machines once they are\n' +
  'active (mayfly costs activate).\n';

function printFound(
  { arn, refreshedAt, unhealthy, isOther }: FoundExport,
  io: { out(text: string): void },
): number {
  if (isOther) {
    io.out(
      `The export ${arn} has other settings: run mayfly costs export disable, then this command again.\n`,
    );
    return 1;
  }
  if (unhealthy !== undefined) {
    io.out(
      `AWS cannot deliver the export: ${unhealthy}. Deploy the bucket and its policy again (costsExport).\n`,
    );
    return 1;
  }
  io.out(
    refreshedAt === undefined
      ? `The export exists; nothing has been delivered yet. ${firstDelivery}`
      : `The export exists; AWS last delivered it at ${refreshedAt} UTC.\n`,
  );
  return 0;
}

/** @returns why AWS refuses; undefined: the export exists. Any other failure is thrown. */
async function create(aws: AwsJson, { place }: ExportCall): Promise<string | undefined> {
  try {
    await aws.call('CreateExport', { Export: definitionOf(place) });
    return undefined;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'ServiceQuotaExceededException')
      return `This account has as many exports as AWS allows: delete one. AWS says: ${message}\n`;
    if (name !== 'ValidationException') throw error;
    // Somebody else created it at the same time, which is just as good.
    const other = await findExport(aws, place);
    if (other && !other.isOther) return undefined;
    return /bucket|permission/i.test(message)
      ? `AWS may not write to the bucket: deploy with costsExport first, and name the account that pays in costsExport.payerAccount. AWS says: ${message}\n`
      : `AWS rejects the export: ${message}\n`;
  }
}
