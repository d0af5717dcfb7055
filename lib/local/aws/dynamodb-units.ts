/**
 * DynamoDB's request units, read from an answer. A failed condition costs what the write would have cost, but its answer
 * does not say so; it counts as one unit (two for each item in a transaction), which is right for items up to 1 KB.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
interface Units {
  readonly CapacityUnits?: number;
}

interface Capacity extends Units {
  readonly TableName?: string;
  readonly Table?: Units;
  readonly LocalSecondaryIndexes?: Readonly<Record<string, Units>>;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, Units>>;
}

/** By table, and by index as `table/index`. */
export type UnitsByPart = Readonly<Record<string, number>>;

/** `stripped` is the answer without the capacity, for callers that did not ask for it. */
export function takeCapacity(body: string): { units: number; byPart: UnitsByPart; stripped: string } {
  const { ConsumedCapacity, ...rest } = JSON.parse(body) as {
    ConsumedCapacity?: Capacity | readonly Capacity[];
  };
  const tables = Array.isArray(ConsumedCapacity) ? ConsumedCapacity : [ConsumedCapacity];
  const units = tables.reduce((sum: number, table?: Capacity) => sum + (table?.CapacityUnits ?? 0), 0);
  return { units, byPart: partsOf(tables), stripped: JSON.stringify(rest) };
}

function partsOf(tables: readonly (Capacity | undefined)[]): UnitsByPart {
  const parts: Record<string, number> = {};
  const add = (part: string, { CapacityUnits = 0 }: Units) => {
    if (CapacityUnits > 0) parts[part] = (parts[part] ?? 0) + CapacityUnits;
  };
  for (const table of tables) {
    const { TableName = 'unknown', LocalSecondaryIndexes = {}, GlobalSecondaryIndexes = {} } = table ?? {};
    add(TableName, table?.Table ?? table ?? {});
    const indexes = Object.entries({ ...LocalSecondaryIndexes, ...GlobalSecondaryIndexes });
    for (const [index, units] of indexes) add(`${TableName}/${index}`, units);
  }
  return parts;
}

/** Statements of one call that a condition refused: each costs a unit, which the engine does not count. */
export function refusedStatements(body: string): number {
  const { Responses = [] } = JSON.parse(body) as { Responses?: readonly { Error?: { Code?: string } }[] };
  const refusals = ['ConditionalCheckFailed', 'DuplicateItem'];
  return Responses.filter(({ Error: error }) => refusals.includes(error?.Code ?? '')).length;
}

export function capacityOfError(body: string): number {
  if (body.includes('#ConditionalCheckFailedException')) return 1;
  if (!body.includes('#TransactionCanceledException')) return 0;
  const { CancellationReasons } = JSON.parse(body) as { CancellationReasons?: readonly unknown[] };
  return 2 * (CancellationReasons?.length ?? 0);
}
