/**
 * The usage records in DynamoDB. A row is inserted, never put over another one, so that a machine whose end is written
 * again keeps its first record. A job is added to a row that does not know yet how its job ended.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RanJob, UsageKey } from '../../core/usage.ts';
import type { UsageStore } from '../../ports/usage.ts';
import { findRows } from './find-rows.ts';
import { demandAll, insertStatement, runStatements } from './statements.ts';
import { ranJobAttributes, usageKey, usageOfRow, usageRow } from './usage-row.ts';
import { updateTogether } from './write-together.ts';

export function createUsageStore({
  client,
  tableName,
}: {
  client: DynamoDBClient;
  tableName: string;
}): UsageStore {
  async function addJob(key: UsageKey, job: RanJob): Promise<void> {
    const attributes = Object.entries(ranJobAttributes(job));
    await updateTogether(client, {
      tableName,
      key: usageKey(key),
      update: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      // Not met by a missing row: PartiQL's update creates none.
      condition: 'attribute_not_exists(#conclusion)',
      values: Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
    });
  }

  return {
    async record(records) {
      const unique = [...new Map(records.map((record) => [record.instanceId, record])).values()];
      const outcomes = await runStatements(
        client,
        unique.map((record) => insertStatement(tableName, usageRow(record))),
      );
      demandAll(outcomes);
      const known = unique.filter((_, n) => outcomes[n] === 'refused');
      const [before] = await Promise.all([
        findRows(client, tableName, known.map(usageKey)),
        ...known.map((record) => record.job && addJob(record, record.job)),
      ]);
      const first = new Map(before.map(usageOfRow).map((record) => [record.instanceId, record]));
      return records.map((record) => first.get(record.instanceId) ?? record);
    },
    addJob,
  };
}
