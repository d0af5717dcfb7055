/** The rules for the export of AWS's bill. */
import type { MayflyConfig } from './config.ts';
import { expectKnownKeys, expectText, isRecord, shown, textOf } from './faults.ts';

export function costsExportFaults({
  costsExport,
  region,
}: Pick<MayflyConfig, 'costsExport' | 'region'>): string[] {
  if (costsExport === undefined) return [];
  if (!isRecord(costsExport))
    return [`costsExport is ${shown(costsExport)}; it must be an object such as {}, or left out.`];
  // Source: https://docs.aws.amazon.com/cur/latest/userguide/what-is-data-exports.html
  const elsewhere = /^(cn|us-gov|us-iso)/.test(textOf(region))
    ? [`costsExport is set, but AWS has no such exports for ${shown(region)}; leave it out.`]
    : [];
  return [
    ...elsewhere,
    ...expectKnownKeys('costsExport', costsExport, ['payerAccount']),
    ...(costsExport['payerAccount'] === undefined
      ? []
      : expectText('costsExport.payerAccount', costsExport['payerAccount'], {
          pattern: /^\d{12}$/,
          allowed: "the twelve digits of the account that pays the bill, in quotes: '123456789012'",
        })),
  ];
}

export const checkedCostsExport = ({ costsExport }: Pick<MayflyConfig, 'costsExport'>) =>
  costsExport === undefined ? {} : { costsExport };
