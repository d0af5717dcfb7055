/**
 * The launches in DynamoDB. The transaction that takes a launch's leases stores it whole; after that only its fence and
 * its answer are written. When it closes, the leases of machines that did not come go back in the same write. Its request
 * never changes.
 *
 *   state      open        deadline         hold         answer         close
 *   intent     machines    the first look   new fence    → answered     —            by `complete`, if no machine is missing
 *   answered   machines    the first look   new fence    —              → closed
 *   closed     machines    the next look    —            —              —
 *   closed     —           —                —            —              —            once its machines have ended
 *
 * In rows of earlier versions `open` is "open", and `deadline` the fence, until they close.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openMarker, tables, watchedMarker } from '../../contract/tables.ts';
import { type Launch, missingLeases, withoutJobs } from '../../core/launch.ts';
import { unspent } from '../../core/spend.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { UnreadableRow } from '../../ports/unreadable-row.ts';
import { type Attributes, number, text } from './attributes.ts';
import { createCapRows } from './cap-rows.ts';
import { deflated } from './deflated.ts';
import { findByIndex, pageByIndex } from './find-by-index.ts';
import { findRows } from './find-rows.ts';
import { cover } from './job-changes.ts';
import { jobKey } from './job-row.ts';
import {
  instancesValue,
  launchExpiresAt,
  launchKey,
  launchOfRow,
  plannedJobsValue,
  requestText,
} from './launch-row.ts';
import { writeAndCountOff } from './lease-counts.ts';
import { readableRows } from './readable-rows.ts';
import { type TakeTables, take } from './take.ts';
import { updateItem, updateRow } from './write.ts';
import { updateTogether } from './write-together.ts';

const open = '(#state = :intent OR #state = :answered)';
const openValues = { ':intent': text('intent'), ':answered': text('answered') };

export function createLaunchStore(deps: { client: DynamoDBClient; tables: TakeTables }): LaunchStore {
  const { client } = deps;
  const tableName = deps.tables.launches;
  const listed = (marker: string, deadline: string, values: Attributes) => ({
    TableName: tableName,
    IndexName: tables.launches.indexes.overdue.name,
    KeyConditionExpression: `#open = :open AND ${deadline}`,
    ExpressionAttributeNames: { '#open': 'open', '#deadline': 'deadline' },
    ExpressionAttributeValues: { ':open': text(marker), ...values },
  });
  const listDue = async (marker: string, { now, limit, skipped }: Due): Promise<Launch[]> => {
    const query = listed(marker, '#deadline <= :now', { ':now': number(now) });
    const rows = await findByIndex(client, query, { keyNames: ['launch_id'], limit });
    // The index lags: a launch that has closed or moved its deadline meanwhile is not overdue.
    const due = rows.filter((row) => row['open']?.S === marker && Number(row['deadline']?.N) <= now);
    return readableRows(due, launchOfRow, { keyName: 'launch_id', skipped });
  };
  const keep = async (launch: Launch, answer: KeptAnswer): Promise<Launch | undefined> => {
    const { instances, state, after } = answer;
    const write = {
      tableName,
      key: launchKey(launch.launchId),
      update: `SET #state = :next, #instances = :instances${after.update && `, ${after.update}`}`,
      // Unmet: an answer is there already, and stays: machines may have rows because of it.
      condition: '#state = :intent',
      values: {
        ...{ ':next': text(state), ':instances': instancesValue(instances), ':intent': text('intent') },
        ...after.values,
      },
    };
    const { row } = await updateTogether(client, write, 'ALL NEW');
    return row && launchOfRow(row);
  };
  return {
    take: (taking) => take(client, deps.tables, taking),
    async cover({ installationId, tier, plannedJobs }) {
      const covered = await Promise.all(
        plannedJobs.map(async ({ jobId, lease }) => {
          const key = jobKey(installationId, jobId);
          const write = { tableName: deps.tables.jobs, key, ...cover(lease, tier) };
          const { met, row } = await updateTogether(client, write, 'ALL OLD');
          // Already covered by this very lease: the earlier answer was lost.
          return met || (row?.['state']?.S === 'covered' && row['lease']?.S === lease);
        }),
      );
      return plannedJobs.filter((_, n) => !covered[n]);
    },
    async shrink(launch, { without, rateBack }) {
      const smaller = withoutJobs(launch, without);
      const after = smaller.state === 'closed' ? afterClosing(launch, undefined) : none;
      let isMine = true;
      await writeAndCountOff(client, deps.tables, {
        changes: [{ freed: without.map(() => ({ ...launch, spend: unspent(launch) })) }],
        rateBack,
        itemOf: () =>
          updateItem({
            tableName,
            key: launchKey(launch.launchId),
            update: `SET #state = :next, #machines = :machines, #planned_jobs = :jobs, #request = :request${after.update && `, ${after.update}`}`,
            // Unmet: its fence has passed, and the sweep that resumed it may have requested machines.
            condition: '#state = :intent AND #call_until = :read',
            values: {
              ':machines': number(smaller.plannedJobs.length),
              ':jobs': plannedJobsValue(smaller),
              ':request': deflated(requestText(smaller)),
              ':next': text(smaller.state),
              ...after.values,
              ':intent': text('intent'),
              ':read': number(launch.callUntil),
            },
          }),
        unmet() {
          isMine = false;
        },
      });
      return isMine ? smaller : undefined;
    },
    async get(installationId, launchId) {
      const [row] = await findRows(client, tableName, [launchKey(launchId)]);
      const launch = row && launchOfRow(row);
      return launch?.installationId === installationId ? launch : undefined;
    },
    async hold(launch, until) {
      const fence = {
        tableName,
        key: launchKey(launch.launchId),
        update: `SET #call_until = :until${launch.lookAt === undefined ? ', #deadline = :until' : ''}`,
        // The fence is where it was read, and only moves forward: of two callers who read the same fence, one moves it.
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
    answer: (launch, instances) => keep(launch, { instances, state: 'answered', after: none }),
    complete: (launch, instances, lookAt) =>
      keep(launch, { instances, state: 'closed', after: afterClosing(launch, lookAt) }),
    async close(launch, lookAt) {
      const after = afterClosing(launch, launch.instances.size > 0 ? lookAt : undefined);
      const close = {
        tableName,
        key: launchKey(launch.launchId),
        update: `SET #state = :closed, ${after.update}`,
        // Unmet: it is closed, and its missing leases went back then.
        condition: '#state = :answered',
        values: { ':closed': text('closed'), ':answered': text('answered'), ...after.values },
      };
      const freed = missingLeases(launch).map(() => ({ ...launch, spend: unspent(launch) }));
      if (freed.length === 0) return void (await updateTogether(client, close));
      await writeAndCountOff(client, deps.tables, {
        changes: [{ freed }],
        itemOf: () => updateItem(close),
        unmet() {
          // Someone else closed it, and the leases went back in that transaction.
        },
      });
    },
    async lookAgain(launch, lookAt) {
      const after = afterClosing(launch, lookAt);
      await updateRow(client, {
        tableName,
        key: launchKey(launch.launchId),
        update: `SET ${after.update}`,
        condition: '#state = :closed',
        values: { ':closed': text('closed'), ...after.values },
      });
    },
    async relist(launchId, lookAt) {
      const { met, row } = await updateRow(client, {
        tableName,
        key: launchKey(launchId),
        update: 'SET #open = :machines, #deadline = :lookAt REMOVE #expires_at',
        // The index has rows with both attributes, and is asked for these two markers only.
        condition: `attribute_exists(#launch_id) AND
          (attribute_not_exists(#open) OR attribute_not_exists(#deadline) OR NOT #open IN (:open, :machines))`,
        values: { ':open': text(openMarker), ':machines': text(watchedMarker), ':lookAt': number(lookAt) },
      });
      if (met) return 'listed-again';
      return row ? 'listed' : 'gone';
    },
    listOverdueAcrossTenants: (now, limit, skipped) => listDue(openMarker, { now, limit, skipped }),
    listWatchedAcrossTenants: (now, limit, skipped) => listDue(watchedMarker, { now, limit, skipped }),
    async pageAcrossTenants({ from, limit }, skipped) {
      const query = listed(watchedMarker, '#deadline >= :from', { ':from': number(from) });
      const { rows, last } = await pageByIndex(client, query, { keyNames: ['launch_id'], limit });
      const launches = readableRows(rows, launchOfRow, { keyName: 'launch_id', skipped });
      return { launches, ...(last ? { next: Number(last['deadline']?.N) } : {}) };
    },
    ...createCapRows({ client, tableName }),
  };
}

interface Due {
  readonly now: number;
  readonly limit: number;
  readonly skipped: UnreadableRow[] | undefined;
}

interface KeptAnswer {
  readonly instances: Launch['instances'];
  readonly state: Launch['state'];
  /** The rest of the SET. */
  readonly after: { readonly update: string; readonly values: Attributes };
}

const none = { update: '', values: {} };

/** The rest of a SET: listed for the next look at its machines; or no longer listed, so that it expires. */
function afterClosing(launch: Launch, lookAt: number | undefined) {
  return lookAt === undefined
    ? {
        update: '#expires_at = :expiresAt REMOVE #open, #deadline',
        values: { ':expiresAt': launchExpiresAt(launch) },
      }
    : {
        update: '#open = :machines, #deadline = :lookAt',
        values: { ':machines': text(watchedMarker), ':lookAt': number(lookAt) },
      };
}
