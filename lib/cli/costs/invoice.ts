/** `mayfly invoice`: what one tenant owes for a month, for a person, a spreadsheet or a program. Read-only. */
import { listSums } from '../../adapters/dynamodb/usage-sum-list.ts';
import { assertConfig } from '../../config/check-config.ts';
import { invoiceOf } from '../../core/invoice.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { findTenant } from '../tenants/find-tenant.ts';
import { invoiceCsv, invoiceJson, noticesOf } from './invoice-data.ts';
import { invoiceHtml } from './invoice-html.ts';
import { isGone, monthOf } from './month.ts';
import { usageTable } from './usage-table.ts';

const formats = { html: invoiceHtml, csv: invoiceCsv, json: invoiceJson };

export const invoice: Command = {
  ...outlines.invoice,
  details: `
Examples:
  mayfly invoice acme 2026-10 > invoice.html      a page to send or print
  mayfly invoice acme 2026-10 --format csv        for a spreadsheet

Tenants owe for machines that ran their jobs, at the rates in mayfly.config.ts or else at cost (docs/COSTS.md). A month
is complete when its last machines have ended.
`,
  exitOne: 'the month is not complete: it is not over, or records are missing',
  options: [{ flags: '--format <format>', description: Object.keys(formats).join(', '), default: 'html' }],
  async run(call) {
    const { config, options, positionals, io } = call;
    const [name = '', given = ''] = positionals;
    const format = Object.keys(formats).find((known) => known === options['format']);
    if (format === undefined)
      throw new UsageError(
        `--format is ${JSON.stringify(options['format'])}; it must be one of ${Object.keys(formats).join(', ')}.`,
      );
    const now = Date.now();
    const month = monthOf(given, now, 'sums', '<month>');
    const client = dynamoClient(call);
    const { installationId, login } = await findTenant({ client, config }, name);
    const { sums, unsummed } = await listSums(usageTable(call, client), { days: month.days, installationId });
    const { freeMinutes = 0 } = assertConfig(config).deployment.ownRates ?? {};
    const found = invoiceOf(sums, { installationId, account: login, month: month.name, freeMinutes });
    // The month's last machines may still run when the next month has begun; their days have no sums yet.
    const isComplete = !month.isOpen && !month.isPartlyGone && unsummed.length === 0;
    const state = {
      isComplete,
      isPartlyGone: month.isPartlyGone || unsummed.some((day) => isGone(day, now)),
    };
    io.out(formats[format as keyof typeof formats](found, state));
    // The page or the spreadsheet often goes into a file.
    for (const notice of noticesOf(state)) io.error(`${notice}\n`);
    return isComplete ? 0 : 1;
  },
};
