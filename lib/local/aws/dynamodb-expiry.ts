/**
 * Deletes what has expired, as DynamoDB does at some time: it promises no sooner than the expiry, and typically within a few days.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
import type { KeyRegistry } from './dynamodb-keys.ts';
import type { AwsAnswer } from './service.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface ExpiryDeps {
  readonly send: (action: string, body: string) => Promise<AwsAnswer & { readonly body: string }>;
  readonly tables: KeyRegistry;
  /** The name of the attribute, by table. */
  readonly timesToLive: ReadonlyMap<string, string>;
}

/** @returns how many items */
export async function deleteExpired({ send, tables, timesToLive }: ExpiryDeps, now: number): Promise<number> {
  let deleted = 0;
  for (const [TableName, attribute] of timesToLive) {
    const expired = {
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
    };
    const scan = { TableName, FilterExpression: '#ttl < :now', ConsistentRead: true, ...expired };
    const primary = tables.get(TableName)?.primary ?? [];
    let ExclusiveStartKey: Fields | undefined;
    do {
      const { body } = await send('Scan', JSON.stringify({ ...scan, ExclusiveStartKey }));
      const page = JSON.parse(body) as { Items?: Fields[]; LastEvaluatedKey?: Fields };
      for (const item of page.Items ?? []) {
        const Key = Object.fromEntries(primary.map((name) => [name, item[name]]));
        // It may have been written again meanwhile.
        const call = { TableName, Key, ConditionExpression: '#ttl < :now', ...expired };
        const { status } = await send('DeleteItem', JSON.stringify(call));
        if (status === 200) deleted += 1;
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
  return deleted;
}
