/**
 * The caps over all tenants in DynamoDB, as rows in the table of launches, with keys that no launch can have. One or more
 * rows count a cap's leases, written by the transactions of launches and endings; a separate row, which those
 * transactions do not touch, lists who waits. The rows exist only where a cap is configured.
 *
 *   launch_id       leases   changes             launch_id     rows   waits_101_small
 *   shared/cell/0   412      90210               shared/cell   2      { since, weight }
 */
import type { AttributeValue, DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { InstallationId, TierName } from '../../core/ids.ts';
import type { Launch } from '../../core/launch.ts';
import { type CapCharge, type CapRow, capRowCount, capRowKeys, type Waiter } from '../../core/shared-cap.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import { type Attributes, number, Row, text } from './attributes.ts';
import { findRows } from './find-rows.ts';
import { capRowPrimaryKey } from './lease-counts.ts';
import { readableRows } from './readable-rows.ts';
import { type RowUpdate, updateItem, updateRow } from './write.ts';

const waitPrefix = 'waits_';
const lineKey = (cap: string) => `shared/${cap}`;
const waitAttribute = (place: { installationId: InstallationId; tier: TierName }) =>
  `${waitPrefix}${place.installationId}_${place.tier}`;
/** The row need not exist: DynamoDB creates it. Every write needs a condition. */
const always = 'attribute_not_exists(#state)';

export function createCapRows(deps: {
  client: DynamoDBClient;
  tableName: string;
}): Pick<
  LaunchStore,
  | 'capUseAcrossTenants'
  | 'waitersAcrossTenants'
  | 'noteCapRows'
  | 'joinLine'
  | 'leaveLine'
  | 'correctCapRow'
  | 'repairCapRow'
> {
  const { client, tableName } = deps;
  const changeLine = async (
    cap: string,
    write: Pick<RowUpdate, 'update' | 'values' | 'names'> & { condition?: string },
  ) => {
    await updateRow(client, {
      tableName,
      key: capRowPrimaryKey(lineKey(cap)),
      condition: always,
      ...write,
    });
  };
  const read = async (keys: readonly string[]) => {
    const found = await findRows(client, tableName, keys.map(capRowPrimaryKey));
    return new Map(found.map((row) => [row['launch_id']?.S ?? '', row]));
  };
  return {
    async capUseAcrossTenants(cap, skipped) {
      const line = lineKey(cap.name);
      const byKey = await read([line, ...capRowKeys(cap)]);
      const rowsEver = new Row(`launches row ${line}`, byKey.get(line) ?? {}).optionalNumber('rows');
      const keys = capRowKeys(cap, rowsEver);
      const earlier = keys.slice(capRowKeys(cap).length);
      const others = earlier.length === 0 ? new Map<string, Attributes>() : await read(earlier);
      const found = keys.map((key) => byKey.get(key) ?? others.get(key) ?? capRowPrimaryKey(key));
      return {
        rows: readableRows(found, capRowOf, { keyName: 'launch_id', skipped }),
        waiters: waitersOf(byKey.get(line)),
        ...(rowsEver === undefined ? {} : { rowsEver }),
      };
    },
    async waitersAcrossTenants({ name }) {
      return waitersOf((await read([lineKey(name)])).get(lineKey(name)));
    },
    noteCapRows: (cap) =>
      changeLine(cap.name, {
        update: 'SET #rows = :rows',
        condition: 'attribute_not_exists(#rows) OR #rows < :rows',
        values: { ':rows': number(capRowCount(cap)) },
      }),
    joinLine: (cap, ...waiters) =>
      changeLine(cap, {
        update: `SET ${waiters.map((_, n) => `#waits${n} = :waiter${n}`).join(', ')}`,
        values: Object.fromEntries(waiters.map((waiter, n) => [`:waiter${n}`, waiterValue(waiter)])),
        names: Object.fromEntries(waiters.map((waiter, n) => [`#waits${n}`, waitAttribute(waiter)])),
      }),
    leaveLine: (cap, place) =>
      changeLine(cap, { update: 'REMOVE #waits', names: { '#waits': waitAttribute(place) } }),
    async correctCapRow({ key, changes }, leases) {
      const { met } = await updateRow(client, {
        tableName,
        key: capRowPrimaryKey(key),
        update: 'SET #leases = :leases, #changes = :next',
        condition:
          changes === 0 ? '(attribute_not_exists(#changes) OR #changes = :read)' : '#changes = :read',
        values: { ':leases': number(leases), ':read': number(changes), ':next': number(changes + 1) },
      });
      return met;
    },
    async repairCapRow({ key, leases, changes }) {
      const { met } = await updateRow(client, {
        tableName,
        key: capRowPrimaryKey(key),
        update: 'SET #leases = :leases, #changes = :changes',
        condition: `${notANumber('#leases')} OR ${notANumber('#changes')}`,
        values: { ':leases': number(leases), ':changes': number(changes), ':number': text('N') },
      });
      return met;
    },
  };
}

const notANumber = (name: string) => `(attribute_exists(${name}) AND NOT attribute_type(${name}, :number))`;

/** In the transaction that takes leases: the row's bound holds afterwards, because room is the bound less what is added. */
export function capItem(tableName: string, { row, most }: CapCharge, launch: Launch): TransactWriteItem {
  const machines = launch.plannedJobs.length;
  return updateItem({
    tableName,
    key: capRowPrimaryKey(row),
    update: 'ADD #leases :machines, #changes :one',
    condition: '(attribute_not_exists(#leases) AND :room >= :none) OR #leases <= :room',
    values: {
      ':machines': number(machines),
      ':one': number(1),
      ':room': number(most - machines),
      ':none': number(0),
    },
  });
}

function capRowOf(attributes: Attributes): CapRow {
  const key = attributes['launch_id']?.S ?? '';
  const row = new Row(`launches row ${key}`, attributes);
  // Nothing can be added to a NULL.
  const count = (name: string) => (name in attributes ? row.number(name) : 0);
  return { key, leases: count('leases'), changes: count('changes') };
}

const waiterValue = ({ since, weight }: Waiter): AttributeValue => ({
  M: { since: number(since), weight: number(weight) },
});

function waitersOf(attributes: Attributes = {}): Waiter[] {
  const row = new Row(`launches row ${attributes['launch_id']?.S}`, attributes);
  return Object.keys(attributes)
    .filter((name) => name.startsWith(waitPrefix))
    .flatMap((name) => readableWaiter(row, name));
}

/**
 * The other tenants' places are in this row, too: one broken by a manual edit is skipped, and its tenant takes a
 * new one.
 */
function readableWaiter(row: Row, name: string): Waiter[] {
  try {
    return [waiterOf(row, name)];
  } catch (error) {
    if (error instanceof OperationalError) return [];
    throw error;
  }
}

function waiterOf(row: Row, name: string): Waiter {
  const place = name.slice(waitPrefix.length);
  const bar = place.indexOf('_');
  const value = row.map(name);
  return {
    installationId: InstallationId(Number(place.slice(0, bar))),
    tier: TierName(place.slice(bar + 1)),
    since: value.number('since'),
    weight: value.number('weight'),
  };
}
