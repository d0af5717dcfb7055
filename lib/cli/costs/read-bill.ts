/**
 * Asks Cost Explorer what an environment's machines cost by day, tenant and kind of usage. AWS charges a cent for
 * each request, and groups by at most two keys.
 * Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
 */
import { type CostExplorerClient, GetCostAndUsageCommand, type Group } from '@aws-sdk/client-cost-explorer';
import { type BilledCost, componentOf } from '../../core/compare-bill.ts';
import { InstallationId, TierName } from '../../core/ids.ts';
import { microsFrom } from '../../core/micros.ts';
import { tagKeys } from '../../core/tags.ts';
import { UsageError } from '../command.ts';

export interface ReadBill {
  readonly bill: readonly BilledCost[];
  readonly requests: number;
}

export interface BillAsked {
  readonly environment: string;
  readonly from: string;
  /** The first day after the period. */
  readonly to: string;
  readonly by: 'tenant' | 'tier';
  /** Each costs a cent; a month takes a few. */
  readonly mostRequests: number;
}

/** @throws UsageError if the bill takes more requests */
export async function readBill(
  client: CostExplorerClient,
  { environment, from, to, by, mostRequests }: BillAsked,
): Promise<ReadBill> {
  const bill: BilledCost[] = [];
  let cursor: string | undefined;
  for (let requests = 1; requests <= mostRequests; requests += 1) {
    const { ResultsByTime = [], NextPageToken } = await client.send(
      new GetCostAndUsageCommand({
        TimePeriod: { Start: from, End: to },
        Granularity: 'DAILY',
        Metrics: ['UnblendedCost'],
        Filter: { Tags: { Key: tagKeys.environment, Values: [environment] } },
        GroupBy: [
          { Type: 'TAG', Key: tagKeys[by] },
          { Type: 'DIMENSION', Key: 'USAGE_TYPE' },
        ],
        ...(cursor ? { NextPageToken: cursor } : {}),
      }),
    );
    for (const { TimePeriod, Groups = [] } of ResultsByTime)
      for (const group of Groups) bill.push(billedCost(TimePeriod?.Start ?? '', { group, by }));
    cursor = NextPageToken || undefined;
    if (!cursor) return { bill, requests };
  }
  throw new UsageError(
    `Cost Explorer has more than ${mostRequests} pages by ${by}, at $0.01 each. Allow more with --requests.`,
  );
}

/** The key of a group is `ghr:tenant_id$101`; it ends with the `$` if the usage has no such tag. */
function billedCost(day: string, { group, by }: { group: Group; by: BillAsked['by'] }): BilledCost {
  const { Keys = [], Metrics = {} } = group;
  const [tag = '', usageType = ''] = Keys;
  const value = tag.slice(tag.indexOf('$') + 1);
  const tenant = by === 'tenant' ? Number(value) : Number.NaN;
  const component = componentOf(usageType);
  return {
    day,
    ...(Number.isSafeInteger(tenant) && tenant > 0 ? { installationId: InstallationId(tenant) } : {}),
    ...(by === 'tier' && value !== '' ? { tier: TierName(value) } : {}),
    ...(component === undefined ? {} : { component }),
    micros: microsFrom(Number(Metrics['UnblendedCost']?.Amount ?? 0)),
  };
}
