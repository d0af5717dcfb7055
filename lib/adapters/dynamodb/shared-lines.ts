/**
 * The caps over all tenants in DynamoDB: one row a cap among the launches, whose key no launch can have. It holds the
 * leases under the cap as one set, whose size is what the cap bounds, and one attribute for each who waits. It exists
 * only where a cap is configured.
 *
 *   launch_id     leases                              waits_101_small
 *   shared/cell   { 101/0a1b….0, 101/0a1b….1, … }     { since, weight }
 */
import type { AttributeValue, DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { InstallationId, LeaseId, TierName } from '../../core/ids.ts';
import type { Launch } from '../../core/launch.ts';
import type { SharedCap, SharedUse, Waiter } from '../../core/shared-cap.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import { type Attributes, number, Row, text, textSet } from './attributes.ts';
import { getRow } from './read.ts';
import { type RowUpdate, updateItem, updateRow } from './write.ts';

const waitPrefix = 'waits_';
const keyOf = (cap: string): Attributes => ({ launch_id: text(`shared/${cap}`) });
const waitAttribute = (place: { installationId: InstallationId; tier: TierName }) =>
  `${waitPrefix}${place.installationId}_${place.tier}`;
const memberOf = (installationId: InstallationId, lease: LeaseId) => `${installationId}/${lease}`;
/** The row need not be there: DynamoDB makes it, and an empty set does not exist. The one way of writing wants a condition. */
const always = 'attribute_not_exists(#state)';

export function createSharedLines(deps: {
  client: DynamoDBClient;
  tableName: string;
}): Pick<LaunchStore, 'sharedUseAcrossTenants' | 'joinLine' | 'leaveLine' | 'freeShared'> {
  const { client, tableName } = deps;
  const change = async (cap: string, write: Pick<RowUpdate, 'update' | 'values' | 'names'>) => {
    const { row } = await updateRow(
      client,
      { tableName, key: keyOf(cap), condition: always, ...write },
      'ALL_NEW',
    );
    return useOfRow(cap, row);
  };
  return {
    sharedUseAcrossTenants: async (cap) => useOfRow(cap, await getRow(client, tableName, keyOf(cap))),
    joinLine: (cap, waiter) =>
      change(cap, {
        update: 'SET #waits = :waiter',
        values: { ':waiter': waiterValue(waiter) },
        names: { '#waits': waitAttribute(waiter) },
      }),
    leaveLine: (cap, place) =>
      change(cap, { update: 'REMOVE #waits', names: { '#waits': waitAttribute(place) } }),
    async freeShared(cap, installationId, leases) {
      if (leases.length === 0) return;
      const members = leases.map((lease) => memberOf(installationId, lease));
      await change(cap, { update: 'DELETE #leases :leases', values: { ':leases': textSet(members) } });
    },
  };
}

/** In the transaction that takes leases: the cap holds after it, since room is the cap less what is being added. */
export function sharedItem(tableName: string, cap: SharedCap, launch: Launch): TransactWriteItem {
  const members = launch.plannedJobs.map(({ lease }) => memberOf(launch.installationId, lease));
  return updateItem({
    tableName,
    key: keyOf(cap.name),
    update: 'ADD #leases :leases',
    condition: '(attribute_not_exists(#leases) AND :room >= :none) OR size(#leases) <= :room',
    values: {
      ':leases': textSet(members),
      ':room': number(cap.machines - members.length),
      ':none': number(0),
    },
  });
}

const waiterValue = ({ since, weight }: Waiter): AttributeValue => ({
  M: { since: number(since), weight: number(weight) },
});

function useOfRow(cap: string, attributes: Attributes = {}): SharedUse {
  const row = new Row(`launches row shared/${cap}`, attributes);
  const held = new Map<InstallationId, Set<LeaseId>>();
  for (const member of row.optionalTexts('leases') ?? []) {
    const slash = member.indexOf('/');
    const installationId = InstallationId(Number(member.slice(0, slash)));
    const leases = held.get(installationId) ?? new Set();
    held.set(installationId, leases.add(LeaseId(member.slice(slash + 1))));
  }
  const names = Object.keys(attributes).filter((name) => name.startsWith(waitPrefix));
  return { held, waiters: names.map((name) => waiterOf(row, name)) };
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
