/**
 * What the jobs table says, read as an operator would: with the operator's keys and none of the platform's code for its
 * tables.
 */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { leasesAttribute } from '../../contract/tables.ts';
import type { Laptop } from '../laptop.ts';

export interface JobRow {
  readonly jobId: number;
  readonly tenant: string;
  readonly state: string;
  readonly outcome: string | undefined;
  readonly reason: string | undefined;
}

export function operatorDynamo(laptop: Laptop): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: laptop.endpointUrl,
    region: laptop.region,
    credentials: laptop.operatorCredentials,
  });
}

/** All of them; the demo has 60. */
export async function readJobRows(laptop: Laptop, client: DynamoDBClient): Promise<JobRow[]> {
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName: laptop.tables.jobs, ConsistentRead: true }),
  );
  return Items.map((item) => ({
    jobId: Number(item['job_id']?.N),
    tenant: item['installation_id']?.N ?? '',
    state: item['state']?.S ?? '',
    outcome: item['outcome']?.S,
    reason: item['reason']?.M?.['code']?.S,
  }));
}

/** Installation id → how many leases it still holds. */
export async function readLeases(laptop: Laptop, client: DynamoDBClient): Promise<Map<string, number>> {
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName: laptop.tables.tenants, ConsistentRead: true }),
  );
  return new Map(
    Items.map((item) => [item['installation_id']?.N ?? '', Number(item[leasesAttribute]?.N ?? 0)]),
  );
}
