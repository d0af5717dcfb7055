/**
 * Comparisons with AWS's bill in the usage table, in partitions of their own: a row for each day, by month, and one that
 * says how the last comparison ended. A day is replaced as a whole, in one transaction with the audit of what changed.
 * Nothing here writes to the partitions that hold the records of machines.
 */
import { randomUUID } from 'node:crypto';
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type ComparedDay, lineOfDay } from '../../core/compared-day.ts';
import { dollars } from '../../core/micros.ts';
import { type Attributes, text } from './attributes.ts';
import { type AuditRecord, deploymentAuditItem } from './audit-row.ts';
import { comparisonPrefix } from './comparison-state-row.ts';
import { deflated, inflated } from './deflated.ts';
import { queryRows } from './read.ts';
import { sumsExpireAt } from './usage-sum-row.ts';
import { transact } from './write.ts';

export interface ComparisonTables {
  readonly client: DynamoDBClient;
  readonly usage: string;
}

const partitionOf = (month: string) => `${comparisonPrefix}${month}`;
const monthOfDay = (day: string) => day.slice(0, 'yyyy-mm'.length);

/** In order of days. */
export async function readComparedDays(
  { client, usage }: ComparisonTables,
  month: string,
): Promise<ComparedDay[]> {
  const rows = await queryRows(
    client,
    {
      TableName: usage,
      KeyConditionExpression: '#day = :day',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': text(partitionOf(month)) },
    },
    mostDaysOfMonth,
  );
  return rows.map((row) => JSON.parse(inflated(row['comparison'])) as ComparedDay);
}

const mostDaysOfMonth = 31;

export interface ComparisonChange {
  readonly known: ComparedDay | undefined;
  readonly now: ComparedDay;
  /** When the bill was requested, ISO 8601: of two concurrent comparisons, the one that began later wins. */
  readonly at: string;
  readonly who: string;
}

/** @returns false: nothing was written, because nothing changed or a comparison that began later was faster */
export async function writeComparedDay(
  { client, usage, audit }: ComparisonTables & { readonly audit: string },
  { known, now, at, who }: ComparisonChange,
): Promise<boolean> {
  const words = JSON.stringify(now);
  if (JSON.stringify(known) === words) return false;
  const record = {
    ...{ at, who, action: 'bill-compared' },
    ...difference(known ? auditOf(known) : {}, auditOf(now)),
  };
  const Item: Attributes = {
    day: text(partitionOf(monthOfDay(now.day))),
    machine: text(now.day),
    comparison: deflated(words),
    compared_at: text(at),
    expires_at: sumsExpireAt(now.day),
  };
  return transact(client, [
    {
      Put: {
        TableName: usage,
        Item,
        ConditionExpression: 'attribute_not_exists(compared_at) OR compared_at <= :at',
        ExpressionAttributeValues: { ':at': text(at) },
      },
    },
    deploymentAuditItem(audit, record, randomUUID()),
  ]);
}

function difference(before: Attributes, after: Attributes): Pick<AuditRecord, 'before' | 'after'> {
  const isOther = ([name]: [string, AttributeValue]) => before[name]?.S !== after[name]?.S;
  const part = (of: Attributes) => Object.fromEntries(Object.entries(of).filter(isOther));
  return { before: part(before), after: part(after) };
}

function auditOf(of: ComparedDay): Attributes {
  const { name, recorded, billed } = lineOfDay(of);
  return {
    [`machines of ${name} on record`]: text(dollars(recorded)),
    [`machines of ${name} on the bill`]: text(`${dollars(billed)} (${of.source})`),
  };
}
