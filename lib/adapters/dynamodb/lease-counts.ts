/**
 * Gives leases back, as items of the transaction that closes a launch or ends machines. The counts change in that
 * transaction or not at all, so that each lease goes back exactly once, however often the write is retried.
 */
import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { leasesAttribute, tierLeasesAttribute } from '../../contract/tables.ts';
import type { InstallationId, TierName } from '../../core/ids.ts';
import type { Settlement } from '../../core/spend-counts.ts';
import { type Attributes, number, text } from './attributes.ts';
import { countTries } from './retry.ts';
import { spendSettled } from './spend-changes.ts';
import { tenantKey } from './tenant-row.ts';
import { isUnmet, tryTransaction, untilNextTry, updateItem } from './write.ts';

/** A lease that goes back. */
export interface Freed {
  readonly installationId: InstallationId;
  readonly tier: TierName;
  readonly capRows?: readonly string[];
  /** Absent: what is counted as spent stays as it is. */
  readonly spend?: Settlement;
}

export interface CountTables {
  readonly tenants: string;
  readonly launches: string;
}

export const capRowPrimaryKey = (key: string): Attributes => ({ launch_id: text(key) });

/** One item for each lease's tenant, and one for each cap's row. */
export function countOffItems(
  names: CountTables,
  freed: readonly Freed[],
  rateBack = 0,
): TransactWriteItem[] {
  const byTenant = Map.groupBy(freed, ({ installationId }) => installationId);
  const byCapRow = Map.groupBy(
    freed.flatMap(({ capRows = [] }) => capRows),
    (key) => key,
  );
  return [
    ...[...byTenant].map(([installationId, leases]) =>
      tenantItem(names.tenants, installationId, { leases, rateBack }),
    ),
    ...[...byCapRow].map(([key, leases]) => capItem(names.launches, key, leases.length)),
  ];
}

function tenantItem(
  tableName: string,
  installationId: InstallationId,
  { leases, rateBack }: { leases: readonly Freed[]; rateBack: number },
): TransactWriteItem {
  const tiers = [...Map.groupBy(leases, ({ tier }) => tier)];
  const spend = spendSettled(leases);
  return updateItem({
    tableName,
    key: tenantKey(installationId),
    update: `ADD ${[
      `#${leasesAttribute} :all`,
      '#lease_changes :one',
      ...tiers.map((_, n) => `#tier${n} :tier${n}`),
      ...spend.adds,
      ...(rateBack > 0 ? ['#rate_used :rateBack'] : []),
    ].join(', ')}`,
    // Unmet: someone deleted the row, and its counts with it.
    condition: 'attribute_exists(#installation_id)',
    values: {
      ':all': number(-leases.length),
      ':one': number(1),
      ...(rateBack > 0 ? { ':rateBack': number(-rateBack) } : {}),
      ...Object.fromEntries(tiers.map(([, ofTier], n) => [`:tier${n}`, number(-ofTier.length)])),
      ...spend.values,
    },
    names: {
      ...Object.fromEntries(tiers.map(([tier], n) => [`#tier${n}`, tierLeasesAttribute(tier)])),
      ...spend.names,
    },
  });
}

const capItem = (tableName: string, key: string, leases: number): TransactWriteItem =>
  updateItem({
    tableName,
    key: capRowPrimaryKey(key),
    update: 'ADD #leases :leases, #changes :one',
    condition: 'attribute_exists(#launch_id)',
    values: { ':leases': number(-leases), ':one': number(1) },
  });

/**
 * Writes rows whose leases go back, and the counts, in one transaction. It reports a row whose own condition does not
 * hold to `unmet`, and writes the others without it. Counts whose row was deleted are left out.
 */
export async function writeAndCountOff<Change extends { readonly freed: readonly Freed[] }>(
  client: DynamoDBClient,
  names: CountTables,
  options: {
    readonly changes: readonly Change[];
    /** Of the tenant's launch rate, in milliseconds. */
    readonly rateBack?: number;
    itemOf(change: Change): TransactWriteItem;
    unmet(change: Change, row: Attributes | undefined): void;
  },
): Promise<void> {
  let changes = options.changes;
  let uncounted = new Set<string>();
  const mayTryAgain = countTries();
  while (changes.length > 0) {
    const counts = countOffItems(
      names,
      changes.flatMap(({ freed }) => freed),
      options.rateBack,
    ).filter((item) => !uncounted.has(keyText(item)));
    const reasons = await tryTransaction(client, [...changes.map(options.itemOf), ...counts]);
    if (reasons === undefined) return;
    const unmet = reasons.map(isUnmet);
    if (unmet.some(Boolean)) {
      for (const [n, change] of changes.entries()) if (unmet[n]) options.unmet(change, reasons[n]?.Item);
      const lost = counts.filter((_, n) => unmet[changes.length + n]).map(keyText);
      uncounted = new Set([...uncounted, ...lost]);
      changes = changes.filter((_, n) => !unmet[n]);
    } else {
      await untilNextTry('freeing leases', reasons, mayTryAgain);
    }
  }
}

const keyText = (item: TransactWriteItem) => JSON.stringify([item.Update?.TableName, item.Update?.Key]);
