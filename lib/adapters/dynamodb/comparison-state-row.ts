/** How the last comparison with AWS's bill ended, as a row of the usage table, in a partition of its own. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ComparisonState } from '../../core/comparison-state.ts';
import { type Attributes, number, Row, text } from './attributes.ts';
import { operational } from './errors.ts';
import { sumsExpireAt } from './usage-sum-row.ts';

/** Prefix of all partitions of comparisons. A role that may write only to these cannot change a record. */
export const comparisonPrefix = 'comparison#';

export const comparisonStateKey: Attributes = { day: text(`${comparisonPrefix}last`), machine: text('!') };

export function comparisonStateOf(attributes: Attributes): ComparisonState {
  const row = new Row('usage row comparison#last', attributes);
  return {
    comparedAt: row.number('compared_at'),
    lastDay: row.text('last_day'),
    daysApart: row.number('days_apart'),
  };
}

/** Stores nothing for a comparison that covers fewer days than the last one, or that began before it. */
export async function writeComparisonState(
  { client, usage }: { readonly client: DynamoDBClient; readonly usage: string },
  { comparedAt, lastDay, daysApart }: ComparisonState,
): Promise<void> {
  const Item: Attributes = {
    ...comparisonStateKey,
    compared_at: number(comparedAt),
    last_day: text(lastDay),
    days_apart: number(daysApart),
    expires_at: sumsExpireAt(lastDay),
  };
  try {
    await client.send(
      new PutItemCommand({
        TableName: usage,
        Item,
        ConditionExpression:
          'attribute_not_exists(last_day) OR (last_day <= :day AND compared_at <= :compared_at)',
        ExpressionAttributeValues: { ':day': text(lastDay), ':compared_at': number(comparedAt) },
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return;
    throw operational('PutItem', error);
  }
}
