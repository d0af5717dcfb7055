/**
 * A situation of test/support/situations.ts as rows in the laptop's tables, as if it were happening now. Nothing of the
 * platform acts on rows alone, so they stay as they are until they are taken away again.
 */
import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Attributes, number, text } from '../../../lib/adapters/dynamodb/attributes.ts';
import { jobKey, jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { launchKey, launchRow } from '../../../lib/adapters/dynamodb/launch-row.ts';
import { createNoteStore } from '../../../lib/adapters/dynamodb/note-store.ts';
import { runnerKey, runnerRow } from '../../../lib/adapters/dynamodb/runner-row.ts';
import { newTenantRow, tenantKey } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import {
  admissionEpochAttribute,
  leasesAttribute,
  tierLeasesAttribute,
} from '../../../lib/contract/tables.ts';
import type { Tenant } from '../../../lib/core/tenant.ts';
import type { Laptop } from '../../../lib/local/laptop.ts';
import { now as then } from '../../support/given-facts.ts';
import { rowsOf, type Situation } from '../../support/situations.ts';

const dayMs = 86_400_000;

/** @returns what takes the rows away again */
export async function putSituation(
  { tables }: Pick<Laptop, 'tables'>,
  dynamo: DynamoDBClient,
  situation: Situation,
): Promise<() => Promise<void>> {
  const by = Date.now() - then;
  const rows = shifted(rowsOf(situation), by);
  const puts: (readonly [table: keyof typeof tables, key: Attributes, row: Attributes])[] = [
    ...rows.tenants.map((one) => ['tenants', tenantKey(one.installationId), tenantRow(one)] as const),
    ...rows.jobs.map((one) => ['jobs', jobKey(one.installationId, one.jobId), jobRow(one)] as const),
    ...rows.launches.map((one) => ['launches', launchKey(one.launchId), launchRow(one)] as const),
    ...rows.runners.map((one) => ['runners', runnerKey(one.instanceId), runnerRow(one)] as const),
  ];
  await Promise.all(
    puts.map(([table, , row]) => {
      const { tier, ...withoutTier } = row;
      const Item = table === situation.unreadable ? withoutTier : row;
      return dynamo.send(new PutItemCommand({ TableName: tables[table], Item }));
    }),
  );
  const notes = createNoteStore({ client: dynamo, tableName: tables.notes });
  const names = Object.keys(situation.notes ?? {});
  for (const name of names) {
    await notes.write(name, {
      value: shifted(situation.notes?.[name] ?? {}, by) as Parameters<typeof notes.write>[1]['value'],
      expiresAt: Date.now() + dayMs,
    });
  }
  const keys = [
    ...puts.map(([table, key]) => [table, key] as const),
    ...names.map((name) => ['notes', { name: text(name) }] as const),
  ];
  return async () => {
    await Promise.all(
      keys.map(([table, Key]) => dynamo.send(new DeleteItemCommand({ TableName: tables[table], Key }))),
    );
  };
}

function tenantRow(tenant: Tenant): Attributes {
  const { leases, tierLeases, rateUsedUntil, admissionEpoch } = tenant;
  const held = [...tierLeases].map(([tier, count]) => [tierLeasesAttribute(tier), number(count)] as const);
  return {
    ...newTenantRow(tenant),
    [leasesAttribute]: number(leases),
    ...(admissionEpoch === undefined ? {} : { [admissionEpochAttribute]: number(admissionEpoch) }),
    ...Object.fromEntries(held),
    ...(rateUsedUntil === undefined ? {} : { rate_from: number(rateUsedUntil) }),
  };
}

/** Every time in it (a number of about that day) is so much later. */
function shifted<Value>(value: Value, by: number): Value {
  const shift = (one: unknown): unknown => {
    if (typeof one === 'number') return Math.abs(one - then) < 2 * dayMs ? one + by : one;
    if (Array.isArray(one)) return one.map(shift);
    if (one instanceof Map) return new Map([...one].map(([key, entry]) => [key, shift(entry)]));
    if (one === null || typeof one !== 'object' || one instanceof Set) return one;
    return Object.fromEntries(Object.entries(one).map(([key, entry]) => [key, shift(entry)]));
  };
  return shift(value) as Value;
}
