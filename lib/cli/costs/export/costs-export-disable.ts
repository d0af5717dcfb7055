/**
 * `mayfly costs export disable`: stops AWS's deliveries. Delivered files stay until the bucket's lifecycle rule
 * removes them.
 */
import type { Command } from '../../command.ts';
import { dataExports, findExport } from './data-exports.ts';
import { accountOption, exportCall } from './export-place.ts';

export const costsExportDisable: Command = {
  name: 'costs export disable',
  summary: "stop AWS's delivery of its bill by machine",
  details: `
Examples:
  mayfly costs export disable

Files that AWS has delivered stay in the bucket for 400 days. To remove the bucket too, take costsExport out of
mayfly.config.ts, deploy, and delete the stack and its bucket (docs/COSTS.md).
`,
  options: [accountOption],
  async run(call) {
    const { place } = await exportCall(call);
    const aws = await dataExports(call);
    const found = await findExport(aws, place);
    if (found) await aws.call('DeleteExport', { ExportArn: found.arn });
    call.io.out(found ? 'Deleted: AWS no longer delivers the export.\n' : 'There is no such export.\n');
    return 0;
  },
};
