/** Counts of requests in the notes: one row a window, in which each count is an attribute, so that a request is one write. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RequestCounts } from '../../ports/request-counts.ts';
import { number, text } from './attributes.ts';
import { updateRow } from './write.ts';

export function createRequestCounts(deps: { client: DynamoDBClient; tableName: string }): RequestCounts {
  const { client, tableName } = deps;
  return {
    async count({ name, endsAt }, names) {
      const aliases = names.map((_, n) => `#count${n}`);
      const { row } = await updateRow(
        client,
        {
          tableName,
          key: { name: text(name) },
          update: `SET #expires_at = :expires_at ADD ${aliases.map((alias) => `${alias} :one`).join(', ')}`,
          // Always met: every write needs a condition.
          condition: 'attribute_not_exists(#expires_at) OR #expires_at >= :one',
          names: Object.fromEntries(names.map((each, n) => [`#count${n}`, `count_${each}`])),
          values: { ':one': number(1), ':expires_at': number(Math.ceil(endsAt / 1000)) },
        },
        'ALL_NEW',
      );
      return names.map((each) => Number(row?.[`count_${each}`]?.N ?? 0));
    },
  };
}
