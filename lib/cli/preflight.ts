/**
 * `mayfly preflight`: reports which account quotas are too small for the configured tiers, and what else would make a
 * deploy fail.
 */
import { type Command, jsonOption } from './command.ts';
import { outlines } from './outlines.ts';
import { isWanting, judgeAccount, type Report } from './preflight-report.ts';
import { requestCommand } from './preflight-rules.ts';
import { drawTable } from './table.ts';

export const preflight: Command = {
  ...outlines.preflight,
  details: `
Examples:
  mayfly preflight           a table of quotas, the commands that request more, and what else is wrong
  mayfly preflight --json    the same as JSON

AWS has a separate quota for each family of instance types. A type whose family Mayfly does not know is listed
as not checked. A new account works as it is: "tight" only means that jobs wait. An instance type that
one zone lacks is listed too; launches use the tier's other types and zones. If you use your own encryption key
(kmsKeyArn), this also prints the statements that the key's policy needs.
`,
  exitOne: 'a quota is too small to start at all, or subnets, images or instance types are not as configured',
  options: [jsonOption],
  async run(call) {
    const report = await judgeAccount(call);
    const { advice: _printed, ...facts } = report;
    call.io.out(call.options['json'] ? `${JSON.stringify(facts)}\n` : render(report, call.config.region));
    return isWanting(report) ? 1 : 0;
  },
};

/** Thirty names would not fit into a table. */
const some = (names: readonly string[]) =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

function render(report: Report, region: string): string {
  const { quotas: findings, offerings } = report;
  const rows = findings.map(({ quota, tiers, has, needs, wants, verdict }) => [
    tiers ? `${quota.name}, for ${some(tiers)}` : quota.name,
    `${has} ${quota.unit}`,
    String(needs),
    String(wants),
    verdict,
  ]);
  const asks = findings
    .filter(({ verdict }) => verdict !== 'enough')
    .map((finding) => requestCommand(finding, region));
  return [
    drawTable([`quota in ${region}`, 'has', 'at least', 'for one busy tenant', 'verdict'], rows),
    ...section('To request higher quotas:', asks),
    ...section(
      'Not checked, because Mayfly does not know the quota of the family. Look in Service Quotas:',
      report.unchecked,
    ),
    ...section('The network is not as configured:', report.network),
    ...section('Images are not as configured:', report.images),
    ...section('Choose other instance types or subnets in mayfly.config.ts:', offerings.closed),
    ...section('Not offered by EC2; launches use the other types and zones of the tier:', offerings.missing),
    ...(report.advice.length > 0 ? ['', ...report.advice] : []),
    '',
  ].join('\n');
}

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : ['', `  ${title}`, ...lines.map((line) => `  ${line}`)];
