/**
 * DynamoDB's request units, read out of an answer. A failed condition costs what the write would have cost,
 * yet its answer does not say so; it is counted as one unit (two an item in a transaction), which is right
 * for items up to 1 KB.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
type Capacity = { readonly CapacityUnits?: number };

/** `stripped` is the answer as it reads where nobody asked for its capacity. */
export function takeCapacity(body: string): { units: number; stripped: string } {
  const { ConsumedCapacity, ...rest } = JSON.parse(body) as {
    ConsumedCapacity?: Capacity | readonly Capacity[];
  };
  const tables = Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity];
  const units = tables.reduce((sum: number, table?: Capacity) => sum + (table?.CapacityUnits ?? 0), 0);
  return { units, stripped: JSON.stringify(rest) };
}

export function capacityOfError(body: string): number {
  if (body.includes('#ConditionalCheckFailedException')) return 1;
  if (!body.includes('#TransactionCanceledException')) return 0;
  const { CancellationReasons } = JSON.parse(body) as { CancellationReasons?: readonly unknown[] };
  return 2 * (CancellationReasons?.length ?? 0);
}
