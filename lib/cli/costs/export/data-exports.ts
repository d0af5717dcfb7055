/**
 * AWS Data Exports, as far as one export of the bill needs it: find by name, create, delete. It is called as JSON
 * with the credentials that AWS's clients find, since people sign in by profile; AWS's own client for it is a
 * generation older than the others here.
 */
import { STSClient } from '@aws-sdk/client-sts';
import { createAwsJson } from '../../../adapters/aws-json/caller.ts';
import {
  type ExportPlace,
  exportBucketOf,
  exportNameOf,
  exportPrefix,
  exportQuery,
  exportTable,
} from '../../../contract/costs-export.ts';
import type { AwsJson } from '../../../ports/aws-json.ts';
import { awsOptions } from '../../aws-clients.ts';
import type { CommandCall } from '../../command.ts';

/** AWS checks the bucket's policy before it answers. */
const answerMilliseconds = 20_000;

export async function dataExports(call: CommandCall): Promise<AwsJson> {
  const client = new STSClient(awsOptions(call));
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
  client.destroy();
  const variables = {
    ...call.environment,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  return createAwsJson({ service: 'dataExports', variables, answerMilliseconds });
}

export interface FoundExport {
  readonly arn: string;
  /** Absent: AWS has delivered nothing yet. */
  readonly refreshedAt?: string;
  /** Why AWS cannot deliver: AWS's own code. */
  readonly unhealthy?: string;
  /** The export does not contain everything that `costs compare` reads. */
  readonly isOther: boolean;
}

interface Answered {
  readonly Export?: ReturnType<typeof definitionOf>;
  readonly ExportStatus?: {
    readonly StatusCode?: string;
    readonly StatusReason?: string;
    readonly LastRefreshedAt?: string | number;
  };
}

/** More than any account has. */
const mostPages = 20;

/** By name. Undefined: this account has none. */
export async function findExport(aws: AwsJson, place: ExportPlace): Promise<FoundExport | undefined> {
  let cursor: unknown;
  for (let page = 0; page < mostPages; page += 1) {
    const { Exports = [], NextToken } = (await aws.call(
      'ListExports',
      cursor ? { NextToken: cursor } : {},
    )) as {
      Exports?: readonly { ExportArn: string; ExportName: string }[];
      NextToken?: unknown;
    };
    const found = Exports.find(({ ExportName }) => ExportName === exportNameOf(place));
    if (found) return lookAt(aws, place, found.ExportArn);
    cursor = NextToken;
    if (!cursor) return undefined;
  }
  // It may be on a later page, and there must not be a second one.
  throw new Error(`AWS lists this account's exports on more than ${mostPages} pages.`);
}

async function lookAt(aws: AwsJson, place: ExportPlace, arn: string): Promise<FoundExport> {
  const { Export, ExportStatus = {} } = (await aws.call('GetExport', { ExportArn: arn })) as Answered;
  const { StatusCode, StatusReason, LastRefreshedAt } = ExportStatus;
  const wanted = definitionOf(place);
  const { S3Bucket } = wanted.DestinationConfigurations.S3Destination;
  const isSame =
    Export?.DataQuery.QueryStatement === wanted.DataQuery.QueryStatement &&
    Export.DestinationConfigurations.S3Destination.S3Bucket === S3Bucket;
  return {
    arn,
    ...(LastRefreshedAt === undefined ? {} : { refreshedAt: timeOf(LastRefreshedAt) }),
    ...(StatusCode === 'UNHEALTHY' ? { unhealthy: StatusReason ?? 'AWS gives no reason' } : {}),
    isOther: !isSame,
  };
}

/** AWS's JSON has times as text or in seconds. */
const timeOf = (at: string | number) =>
  new Date(typeof at === 'number' ? at * 1000 : at).toISOString().slice(0, 16).replace('T', ' ');

/**
 * The names in capitals are AWS's. Source:
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_DataExports_Export.html
 */
export function definitionOf(place: ExportPlace) {
  return {
    Name: exportNameOf(place),
    Description: `Machines of ${place.environment}, for npx mayfly costs compare`,
    DataQuery: {
      QueryStatement: exportQuery(place),
      TableConfigurations: {
        [exportTable]: {
          TIME_GRANULARITY: 'DAILY',
          INCLUDE_RESOURCES: 'TRUE',
          INCLUDE_SPLIT_COST_ALLOCATION_DATA: 'FALSE',
          INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY: 'FALSE',
        },
      },
    },
    DestinationConfigurations: {
      S3Destination: {
        S3Bucket: exportBucketOf(place),
        // AWS then rejects a bucket of this name that another account owns.
        S3BucketOwner: place.account,
        S3Prefix: exportPrefix,
        S3Region: place.region,
        S3OutputConfigurations: {
          OutputType: 'CUSTOM',
          Format: 'TEXT_OR_CSV',
          Compression: 'GZIP',
          Overwrite: 'OVERWRITE_REPORT',
        },
      },
    },
    RefreshCadence: { Frequency: 'SYNCHRONOUS' },
  };
}
