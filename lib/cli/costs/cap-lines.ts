/**
 * What tenants have spent against their spend caps this month and today, from the counters in their rows. Read-only.
 */
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../adapters/dynamodb/attributes.ts';
import { capAttributes } from '../../adapters/dynamodb/spend-row.ts';
import { tables } from '../../contract/tables.ts';
import { hasCap } from '../../core/spend.ts';
import type { CommandCall } from '../command.ts';
import { type FoundTenant, found } from '../tenants/find-tenant.ts';
import { type SpendingView, spendingText, spendingView } from '../tenants/tenant-view.ts';

export interface CapLine extends SpendingView {
  readonly installationId: number;
  readonly login: string;
  /** Why the cap cannot be read, as a sentence. */
  readonly unreadable?: string;
}

/** For one tenant, or for all that have a cap. */
export async function capLines(
  place: { readonly client: DynamoDBClient } & Pick<CommandCall, 'config'>,
  tenant: FoundTenant | undefined,
): Promise<CapLine[]> {
  const all = tenant ? [tenant] : (await scanCapped(place)).map(found);
  const now = Date.now();
  const byLogin = all.toSorted(
    (a, b) => a.login.localeCompare(b.login) || a.installationId - b.installationId,
  );
  return byLogin.flatMap(({ installationId, login, tenant: known }) =>
    known && hasCap(known)
      ? [
          {
            ...{ installationId, login },
            ...spendingView(known, place.config, now),
            ...(known.caps?.unreadable === undefined ? {} : { unreadable: known.caps.unreadable }),
          },
        ]
      : [],
  );
}

async function scanCapped({
  client,
  config,
}: {
  readonly client: DynamoDBClient;
} & Pick<CommandCall, 'config'>): Promise<Attributes[]> {
  const rows: Attributes[] = [];
  const pages = paginateScan(
    { client },
    {
      TableName: `${config.environment}-${tables.tenants.suffix}`,
      FilterExpression: capAttributes.map((name) => `attribute_exists(${name})`).join(' OR '),
    },
  );
  for await (const { Items = [] } of pages) rows.push(...Items);
  return rows;
}

/** `acme: $12.40 of $500.00 in 2026-11, $1.20 of $40.00 today`. */
export const capText = ({ login, month, day, unreadable }: CapLine): string =>
  unreadable === undefined
    ? `${login}: ${spendingText(month)} in ${month.period}${day.cap === null ? '' : `, ${spendingText(day)} today`}`
    : `${login}: ${unreadable}`;
