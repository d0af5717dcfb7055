/**
 * The launches in DynamoDB. A launch is stored, whole, by the transaction that takes its leases; after that only its fence
 * and its answer are written, and at its end it closes, and the leases of machines that did not come go back with that. Its request never changes.
 *
 *   state      open, deadline   hold         answer         close
 *   intent     set              new fence    → answered     —
 *   answered   set              new fence    —              → closed
 *   closed     —                —            —              —
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openMarker, tables } from '../../contract/tables.ts';
import { missingLeases } from '../../core/launch.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import { number, text } from './attributes.ts';
import { createCapRows } from './cap-rows.ts';
import { findByIndex } from './find-by-index.ts';
import { findRows } from './find-rows.ts';
import { instancesValue, launchExpiresAt, launchKey, launchOfRow } from './launch-row.ts';
import { writeAndCountOff } from './lease-counts.ts';
import { type TakeTables, take } from './take.ts';
import { updateItem, updateRow } from './write.ts';

const open = '(#state = :intent OR #state = :answered)';
const openValues = { ':intent': text('intent'), ':answered': text('answered') };

export function createLaunchStore(deps: { client: DynamoDBClient; tables: TakeTables }): LaunchStore {
  const { client } = deps;
  const tableName = deps.tables.launches;
  return {
    take: (taking) => take(client, deps.tables, taking),
    async get(installationId, launchId) {
      const [row] = await findRows(client, tableName, [launchKey(launchId)]);
      const launch = row && launchOfRow(row);
      return launch?.installationId === installationId ? launch : undefined;
    },
    async hold(launch, until) {
      const fence = {
        tableName,
        key: launchKey(launch.launchId),
        update: 'SET #call_until = :until, #deadline = :until',
        // The fence is where it was read, and moves forward only: of two callers who read the same fence, one moves it.
        condition: `${open} AND #call_until = :read AND #call_until < :until`,
        values: { ':until': number(until), ':read': number(launch.callUntil), ...openValues },
      };
      const { met, row } = await updateRow(client, fence, 'ALL_NEW');
      return met && row ? launchOfRow(row) : undefined;
    },
    async place(launch, instances) {
      await updateRow(client, {
        tableName,
        key: launchKey(launch.launchId),
        update: 'SET #instances = :instances',
        condition: open,
        values: { ':instances': instancesValue(instances), ...openValues },
      });
    },
    async answer(launch, instances) {
      const { row } = await updateRow(
        client,
        {
          tableName,
          key: launchKey(launch.launchId),
          update: 'SET #state = :answered, #instances = :instances',
          // Unmet: an answer is there already, and stays: machines may have rows because of it.
          condition: '#state = :intent',
          values: {
            ':answered': text('answered'),
            ':instances': instancesValue(instances),
            ':intent': text('intent'),
          },
        },
        'ALL_NEW',
      );
      return row && launchOfRow(row);
    },
    async close(launch) {
      const close = {
        tableName,
        key: launchKey(launch.launchId),
        update: 'SET #state = :closed, #expires_at = :expiresAt REMOVE #open, #deadline',
        // Unmet: it is closed already, and its missing leases went back then.
        condition: '#state = :answered',
        values: {
          ':closed': text('closed'),
          ':expiresAt': launchExpiresAt(launch),
          ':answered': text('answered'),
        },
      };
      const freed = missingLeases(launch).map(() => launch);
      if (freed.length === 0) return void (await updateRow(client, close));
      await writeAndCountOff(client, deps.tables, {
        changes: [{ freed }],
        itemOf: () => updateItem(close),
        unmet() {
          // Closed by somebody else, in whose transaction the leases went back.
        },
      });
    },
    async listOverdueAcrossTenants(now, limit) {
      const query = {
        TableName: tableName,
        IndexName: tables.launches.indexes.overdue.name,
        KeyConditionExpression: '#open = :open AND #deadline <= :now',
        ExpressionAttributeNames: { '#open': 'open', '#deadline': 'deadline' },
        ExpressionAttributeValues: { ':open': text(openMarker), ':now': number(now) },
      };
      const rows = await findByIndex(client, query, { keyName: 'launch_id', limit });
      // The index lags: what has closed or moved its deadline meanwhile is not overdue.
      const overdue = rows.filter((row) => row['open'] && Number(row['deadline']?.N) <= now);
      return overdue.map(launchOfRow);
    },
    ...createCapRows({ client, tableName }),
  };
}
