/**
 * AWS Data Exports, as far as an export of the bill by resource needs them: created, described and deleted, and delivered
 * on request, since AWS takes up to a day. A delivery writes all files of each month anew, and the manifest last, as AWS
 * does until two weeks after the month. Files that are no longer needed stay; only the manifest says which ones count.
 * Sources: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Billing_and_Cost_Management_Data_Exports.html,
 * https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html (files, refreshes),
 * https://docs.aws.amazon.com/cur/latest/userguide/dataexports-data-query.html (queries); that CreateExport looks at the bucket's
 * policy: https://github.com/cisco-open/forge/pull/449
 */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { BillLine } from '../bill/bill-lines.ts';
import { csvOf, exportRows, rowColumns } from '../bill/export-rows.ts';
import type { ActiveTag } from './cost-and-usage.ts';
import { jsonAnswer, unknownAction } from './json-answer.ts';
import type { S3Service } from './s3.ts';
import { type AwsCall, AwsError, type AwsService } from './service.ts';

export interface BillSource {
  lines(): readonly BillLine[];
  activeTags(): ReadonlyMap<string, ActiveTag>;
}

export interface DataExportsOptions {
  readonly accountId: string;
  /** The bucket's owner. Default: the same. */
  readonly bucketAccountId?: string;
  readonly s3: Pick<S3Service, 'deliver' | 'checkDelivery'>;
  readonly bill: BillSource;
  readonly now?: () => number;
  /** The ARN of a new export, by its name. */
  readonly newId?: (name: string) => string;
  /** Rows of a file, at most: the laptop has few. */
  readonly rowsOfFile?: number;
}

export interface DataExportsService extends AwsService {
  /** Does what AWS does at least once a day. */
  deliver(): void;
}

interface Export {
  readonly Name: string;
  readonly ExportArn: string;
  readonly DataQuery: { readonly QueryStatement: string; readonly TableConfigurations?: Tables };
  readonly DestinationConfigurations: { readonly S3Destination: Destination };
  readonly RefreshCadence: { readonly Frequency: string };
}
type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>;
interface Destination {
  readonly S3Bucket: string;
  readonly S3BucketOwner?: string;
  readonly S3Prefix: string;
  readonly S3Region: string;
}
interface Kept {
  readonly definition: Export;
  readonly createdAt: number;
  refreshedAt?: number;
  isUnhealthy?: boolean;
}

/** Source: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-quotas.html */
const mostExports = 5;
const principal = 'bcm-data-exports.amazonaws.com';

export function createDataExportsService(options: DataExportsOptions): DataExportsService {
  const { accountId, bucketAccountId = accountId, s3, bill, now = Date.now, rowsOfFile = 50 } = options;
  const {
    newId = (name) => `arn:aws:bcm-data-exports:us-east-1:${accountId}:export/${name}-${randomUUID()}`,
  } = options;
  const kept = new Map<string, Kept>();
  const find = ({ ExportArn }: AwsCall['input']) => {
    const found = kept.get(String(ExportArn));
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', `There is no export ${String(ExportArn)}.`);
  };
  const delivery = ({ ExportArn, Name, DestinationConfigurations }: Export, file: string) => {
    const { S3Bucket: bucket, S3Prefix } = DestinationConfigurations.S3Destination;
    const context = { 'aws:sourcearn': ExportArn, 'aws:sourceaccount': accountId };
    return { bucket, key: `${S3Prefix}/${Name}/${file}`, service: principal, context };
  };

  function create({ Export: given }: AwsCall['input']): object {
    const definition = { ...(given as Export) };
    const { Name } = definition;
    if ([...kept.values()].some((one) => one.definition.Name === Name))
      throw invalid(`There is an export ${Name}.`);
    if (kept.size >= mostExports)
      throw new AwsError(
        'ServiceQuotaExceededException',
        `The account has ${mostExports} exports of this table.`,
      );
    const ExportArn = newId(Name);
    const made = checked({ ...definition, ExportArn }, bucketAccountId);
    s3AccessOf(() => s3.checkDelivery(delivery(made, 'data/')));
    kept.set(ExportArn, { definition: made, createdAt: now() });
    return { ExportArn };
  }

  function deliverOne(one: Kept): void {
    const { definition } = one;
    const { columns, account } = queryOf(definition.DataQuery.QueryStatement);
    const lines = bill.lines();
    const put = (file: string, bytes: Buffer) => s3.deliver({ ...delivery(definition, file), bytes });
    for (const month of new Set(lines.map(({ day }) => day.slice(0, 'yyyy-mm'.length)))) {
      const all = exportRows(lines, month, { accountId: bucketAccountId, active: bill.activeTags() });
      const rows = all.filter(
        (row) => account === undefined || row['line_item_usage_account_id'] === account,
      );
      const files = chunks(rows, rowsOfFile).map((part, n) => {
        const file = `data/BILLING_PERIOD=${month}/${definition.Name}-${String(n + 1).padStart(5, '0')}.csv.gz`;
        put(file, gzipSync(csvOf(columns, part)));
        return file;
      });
      const { S3Bucket, S3Prefix } = definition.DestinationConfigurations.S3Destination;
      const dataFiles = files.map((file) => `s3://${S3Bucket}/${S3Prefix}/${definition.Name}/${file}`);
      const manifest = { exportArn: definition.ExportArn, billingPeriod: month, columns, dataFiles };
      put(
        `metadata/BILLING_PERIOD=${month}/${definition.Name}-Manifest.json`,
        Buffer.from(JSON.stringify(manifest)),
      );
    }
    one.refreshedAt = now();
  }

  const actions: Readonly<Record<string, (input: AwsCall['input']) => object>> = {
    CreateExport: create,
    GetExport: (input) => ({ Export: find(input).definition, ExportStatus: statusOf(find(input)) }),
    ListExports: () => ({
      Exports: [...kept.values()].map((one) => ({
        ExportArn: one.definition.ExportArn,
        ExportName: one.definition.Name,
        ExportStatus: statusOf(one),
      })),
    }),
    DeleteExport(input) {
      const { ExportArn } = find(input).definition;
      kept.delete(ExportArn);
      return { ExportArn };
    },
  };
  return {
    service: 'bcm-data-exports',
    questions: ({ action, input }) => questionsOf(action, input, accountId),
    async handle({ action, input }) {
      const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act) throw unknownAction('Data Exports', action, Object.keys(actions));
      return jsonAnswer(act(input));
    },
    deliver() {
      for (const one of kept.values()) {
        try {
          deliverOne(one);
          one.isUnhealthy = false;
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          one.isUnhealthy = true;
        }
      }
    },
  };
}

/**
 * An export of the bill also needs a right on the older reports. Source:
 * docs.aws.amazon.com/cur/latest/userguide/bcm-data-exports-access.html
 */
function questionsOf(action: string, { ExportArn }: AwsCall['input'], accountId: string) {
  const of = `arn:aws:bcm-data-exports:us-east-1:${accountId}:`;
  const asked = (resource: string) => ({ action: `bcm-data-exports:${action}`, resource, context: {} });
  if (action === 'CreateExport')
    return [
      asked(`${of}export/new`),
      asked(`${of}table/COST_AND_USAGE_REPORT`),
      {
        action: 'cur:PutReportDefinition',
        resource: `arn:aws:cur:us-east-1:${accountId}:definition/new`,
        context: {},
      },
    ];
  return [asked(action.startsWith('List') ? '*' : String(ExportArn))];
}

const statusOf = ({ createdAt, refreshedAt, isUnhealthy }: Kept) => ({
  StatusCode: isUnhealthy ? 'UNHEALTHY' : 'HEALTHY',
  ...(isUnhealthy ? { StatusReason: 'INSUFFICIENT_PERMISSION' } : {}),
  CreatedAt: timeOf(createdAt),
  ...(refreshedAt === undefined ? {} : { LastRefreshedAt: timeOf(refreshedAt) }),
});
const timeOf = (at: number) => new Date(at).toISOString();
const invalid = (message: string) => new AwsError('ValidationException', message);

function s3AccessOf(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalid(`S3 bucket permission validation failed: ${error.message}`);
  }
}

const name = /^[0-9A-Za-z\-_]{1,128}$/;

function checked(made: Export, bucketOwner: string): Export {
  const { S3Destination } = made.DestinationConfigurations;
  const tables = made.DataQuery.TableConfigurations ?? {};
  if (!name.test(made.Name)) throw invalid(`The name ${made.Name} is not ${name.source}.`);
  if ((S3Destination.S3BucketOwner ?? bucketOwner) !== bucketOwner)
    throw invalid('The bucket is of another account.');
  if (tables['COST_AND_USAGE_REPORT']?.['INCLUDE_RESOURCES'] !== 'TRUE')
    throw invalid('line_item_resource_id needs INCLUDE_RESOURCES.');
  queryOf(made.DataQuery.QueryStatement);
  return made;
}

/** @throws AwsError where it names an unknown column: SELECT * is refused too */
function queryOf(statement: string): { columns: string[]; account: string | undefined } {
  const shape = /^SELECT (.+) FROM COST_AND_USAGE_REPORT(?: WHERE line_item_usage_account_id = '(\d{12})')?$/;
  const [, list, account] = shape.exec(statement) ?? [];
  const columns = list?.split(', ') ?? [];
  const unknown = columns.filter((column) => !(rowColumns as readonly string[]).includes(column));
  if (columns.length === 0 || unknown.length > 0)
    throw invalid(
      `The laptop cannot run the query ${statement}: ${unknown.join(', ') || 'its shape'} is unknown.`,
    );
  return { columns, account };
}

const chunks = <One>(all: readonly One[], size: number): One[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
