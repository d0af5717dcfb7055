/**
 * The export of AWS's bill that `mayfly costs export` asks AWS for: its name, its bucket, its columns and where its files are.
 * Sources: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html (files),
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html (columns)
 */

export interface ExportPlace {
  readonly environment: string;
  readonly region: string;
  /** Of the platform: twelve digits. Another account may pay the bill. */
  readonly account: string;
}

/** At most 58 of the 63 characters that a bucket's name may have. Buckets of all accounts and regions share their names. */
export const exportBucketOf = ({ environment, region, account }: ExportPlace): string =>
  `${environment}-costs-${account}-${region}`;

export const exportNameOf = ({ environment, region, account }: ExportPlace): string =>
  `${environment}-${region}-${account}`;

/** The prefix of every key. */
export const exportPrefix = 'bill';

export const exportTable = 'COST_AND_USAGE_REPORT';

/** Only what `costs compare` reads: a whole account has many rows. */
export const exportColumns = [
  'line_item_usage_start_date',
  'line_item_usage_account_id',
  'line_item_resource_id',
  'line_item_usage_type',
  'line_item_line_item_type',
  'line_item_unblended_cost',
  'savings_plan_savings_plan_effective_cost',
  'reservation_effective_cost',
  'resource_tags',
] as const;

export type ExportColumn = (typeof exportColumns)[number];

export const exportQuery = ({ account }: Pick<ExportPlace, 'account'>): string =>
  `SELECT ${exportColumns.join(', ')} FROM ${exportTable} WHERE line_item_usage_account_id = '${account}'`;

/** @param month `2026-11` */
export const manifestKeyOf = (place: ExportPlace, month: string): string => {
  const name = exportNameOf(place);
  return `${exportPrefix}/${name}/metadata/BILLING_PERIOD=${month}/${name}-Manifest.json`;
};

/** AWS writes a tag's key so: `ghr:tenant_id` is `user_ghr_tenant_id`. */
export const exportTagOf = (key: string): string => `user_${key.replaceAll(/[^A-Za-z0-9]/g, '_')}`;
