/** `mayfly status`: every tenant with its limits, its live machines and its waiting jobs with their reasons. Reads only. */

import {
  type AttributeValue,
  type DynamoDBClient,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { leasesAttribute, tables } from '../contract/tables.ts';
import { dynamoClient } from './aws-clients.ts';
import type { Command, CommandCall } from './command.ts';
import { drawTable } from './table.ts';

export const status: Command = {
  name: 'status',
  summary: 'tenants, their machines and limits, and why jobs wait',
  help: `
mayfly status            every tenant: status, plan, machines against the limit, waiting jobs and why
mayfly status --json     the same as JSON
`,
  options: { json: { type: 'boolean', default: false } },
  async run(call) {
    const client = dynamoClient(call);
    const tenants = await readTenants(client, call);
    call.io.out(call.options['json'] ? `${JSON.stringify(tenants)}\n` : render(tenants));
    return 0;
  },
};

export interface TenantStatus {
  readonly installationId: number;
  readonly login: string;
  readonly status: string;
  readonly tier: string;
  readonly machines: number;
  readonly maxRunners: number;
  /** How many jobs wait, by the code of their reason. */
  readonly waiting: Readonly<Record<string, number>>;
}

async function readTenants(client: DynamoDBClient, { config }: CommandCall): Promise<TenantStatus[]> {
  const found: TenantStatus[] = [];
  const table = `${config.environment}-${tables.tenants.suffix}`;
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) {
    for (const row of Items) {
      const installationId = Number(row['installation_id']?.N);
      found.push({
        installationId,
        login: row['account_login']?.S ?? '',
        status: row['status']?.S ?? '',
        tier: row['tier']?.S ?? '',
        machines: Number(row[leasesAttribute]?.N ?? 0),
        maxRunners: Number(row['max_runners']?.N ?? 0),
        waiting: await countWaiting(client, config.environment, installationId),
      });
    }
  }
  return found.sort((a, b) => a.login.localeCompare(b.login));
}

async function countWaiting(client: DynamoDBClient, environment: string, installationId: number) {
  const counts: Record<string, number> = {};
  const query = {
    TableName: `${environment}-${tables.jobs.suffix}`,
    IndexName: tables.jobs.indexes.pending.name,
    KeyConditionExpression: 'installation_id = :tenant AND begins_with(pending, :waiting)',
    ExpressionAttributeValues: { ':tenant': { N: String(installationId) }, ':waiting': { S: 'waiting#' } },
  };
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    for (const row of Items) {
      const code = reasonOf(row);
      counts[code] = (counts[code] ?? 0) + 1;
    }
  }
  return counts;
}

const reasonOf = (row: Record<string, AttributeValue>) => row['reason']?.M?.['code']?.S ?? 'queued';

function render(tenants: readonly TenantStatus[]): string {
  if (tenants.length === 0)
    return 'No tenant yet: the App is not installed anywhere, or its webhooks do not arrive.\n';
  const rows = tenants.map((tenant) => [
    tenant.login,
    String(tenant.installationId),
    tenant.status,
    tenant.tier,
    `${tenant.machines} of ${tenant.maxRunners}`,
    Object.entries(tenant.waiting)
      .map(([code, count]) => `${count} ${code}`)
      .join(', ') || '0',
  ]);
  return `${drawTable(['tenant', 'installation', 'status', 'tier', 'machines', 'waiting'], rows)}\n`;
}
