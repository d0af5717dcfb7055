/** What `mayfly verify` checks in the account without a machine: preflight's checks, and the certificate. Read-only. */
import { X509Certificate } from 'node:crypto';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { assertConfig } from '../config/check-config.ts';
import type { MayflyConfig } from '../config/config.ts';
import { trustedCertificates } from '../contract/aws-certificates.ts';
import { dayMilliseconds } from '../core/days.ts';
import { tagKeys } from '../core/tags.ts';
import { type CommandCall, UsageError } from './command.ts';
import { findSubnets } from './preflight-offerings.ts';
import { isWanting, judgeAccount, type Report } from './preflight-report.ts';
import { addCertificate, failed, passed, type Row } from './verify-report.ts';

/** A subnet in which machines are launched. */
export async function chooseSubnet(client: EC2Client, config: MayflyConfig): Promise<string> {
  const { network, deployment } = assertConfig(config);
  const { environment } = deployment;
  const [subnet] = await findSubnets(client, { network, environment });
  if (subnet) return subnet.id;
  throw new UsageError(
    `No subnet carries the tag ${tagKeys.environment} = ${environment}: deploy first (npx cdk deploy --all).`,
  );
}

export async function accountRows(call: CommandCall): Promise<Row[]> {
  const { offerings, ...report } = await judgeAccount(call);
  return [quotaRow({ ...report, offerings: { closed: [], missing: [] } }), offeringRow(offerings)];
}

const quotaRow = (report: Report): Row =>
  isWanting(report)
    ? failed(
        'quotas',
        'mayfly preflight exits with 1',
        'Run npx mayfly preflight: it lists what is wrong, and the commands that request higher quotas.',
      )
    : passed('quotas', 'mayfly preflight found nothing that is too small or not as configured');

/** A tier needs at least one of its types in one of its zones; other missing types only reduce its choice. */
function offeringRow({ closed, missing }: Report['offerings']): Row {
  if (closed.length > 0)
    return failed('offerings', closed.join(' '), 'Choose other types or subnets in mayfly.config.ts.');
  const found = missing.length === 0 ? 'every type in every zone' : `not offered: ${missing.join(', ')}`;
  return passed('offerings', found);
}

const soonDays = 90;

export function certificateRow({ region, identityCertificates }: MayflyConfig, now: number): Row {
  const pems = trustedCertificates(region, identityCertificates?.[region]);
  if (pems.length === 0) return failed('certificate', `none is known for ${region}`, addCertificate(region));
  const ends = Math.max(...pems.map((pem) => Date.parse(new X509Certificate(pem).validTo)));
  const days = Math.floor((ends - now) / dayMilliseconds);
  const found = `${pems.length} known for ${region}, valid for ${days} days`;
  return days >= soonDays
    ? passed('certificate', found)
    : failed('certificate', found, addCertificate(region));
}
