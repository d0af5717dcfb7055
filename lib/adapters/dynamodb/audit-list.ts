/** Reads the audit: the rows of one subject in order, or of all subjects. */
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { tenantSubject, versionRange } from '../../contract/audit.ts';
import { type Attributes, text } from './attributes.ts';
import { queryRows } from './read.ts';

export interface AuditTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** A subject has one row for each change: thousands at most. */
const mostRows = 100_000;

/** Oldest first. */
export const auditOf = ({ client, tableName }: AuditTable, subject: string): Promise<Attributes[]> =>
  queryRows(
    client,
    {
      TableName: tableName,
      KeyConditionExpression: 'subject = :subject',
      ExpressionAttributeValues: { ':subject': text(subject) },
      ConsistentRead: true,
    },
    mostRows,
  );

/** The record of one version of a tenant; the latest one, if the row was restored to an earlier version. */
export async function auditOfVersion(
  { client, tableName }: AuditTable,
  installationId: number,
  version: number,
): Promise<Attributes | undefined> {
  const [row] = await queryRows(
    client,
    {
      TableName: tableName,
      KeyConditionExpression: 'subject = :subject AND begins_with(#entry, :version)',
      ExpressionAttributeNames: { '#entry': 'entry' },
      ExpressionAttributeValues: {
        ':subject': text(tenantSubject(installationId)),
        ':version': text(versionRange(version)),
      },
      ScanIndexForward: false,
      ConsistentRead: true,
    },
    1,
  );
  return row;
}

const partsAtOnce = 4;

/** All rows since then (ISO 8601), unordered: reads the whole table. */
export async function auditSince({ client, tableName }: AuditTable, since: string): Promise<Attributes[]> {
  const part = async (Segment: number) => {
    const rows: Attributes[] = [];
    const input = {
      TableName: tableName,
      FilterExpression: '#at >= :since',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':since': text(since) },
      Segment,
      TotalSegments: partsAtOnce,
    };
    for await (const { Items = [] } of paginateScan({ client }, input)) rows.push(...Items);
    return rows;
  };
  return (await Promise.all(Array.from({ length: partsAtOnce }, (_, n) => part(n)))).flat();
}
