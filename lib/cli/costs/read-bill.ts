/**
 * Asks Cost Explorer what machines of an environment cost by day, tenant and kind of use. AWS charges a cent for each request, and
 * takes two keys to group by at most.
 * Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
 */

import { type CostExplorerClient, GetCostAndUsageCommand, type Group } from '@aws-sdk/client-cost-explorer';
import { type BilledCost, componentOf } from '../../core/compare-bill.ts';
import { InstallationId } from '../../core/ids.ts';
import { microsFrom } from '../../core/micros.ts';
import { tagKeys } from '../../core/tags.ts';

export interface ReadBill {
  readonly bill: readonly BilledCost[];
  readonly requests: number;
}

/** A month has a few. */
const maxPages = 200;

/** @param period `to` is the first day that is not in it */
export async function readBill(
  client: CostExplorerClient,
  { environment, from, to }: { environment: string; from: string; to: string },
): Promise<ReadBill> {
  const bill: BilledCost[] = [];
  let cursor: string | undefined;
  for (let requests = 1; requests <= maxPages; requests += 1) {
    const { ResultsByTime = [], NextPageToken } = await client.send(
      new GetCostAndUsageCommand({
        TimePeriod: { Start: from, End: to },
        Granularity: 'DAILY',
        Metrics: ['UnblendedCost'],
        Filter: { Tags: { Key: tagKeys.environment, Values: [environment] } },
        GroupBy: [
          { Type: 'TAG', Key: tagKeys.tenant },
          { Type: 'DIMENSION', Key: 'USAGE_TYPE' },
        ],
        ...(cursor ? { NextPageToken: cursor } : {}),
      }),
    );
    for (const { TimePeriod, Groups = [] } of ResultsByTime)
      for (const group of Groups) bill.push(billedCost(TimePeriod?.Start ?? '', group));
    cursor = NextPageToken || undefined;
    if (!cursor) return { bill, requests };
  }
  throw new Error(`Cost Explorer has more than ${maxPages} pages for a month.`);
}

/** A tag's key is `ghr:tenant_id$101`, and ends with the `$` where something has no such tag. */
function billedCost(day: string, { Keys = [], Metrics = {} }: Group): BilledCost {
  const [tag = '', usageType = ''] = Keys;
  const tenant = Number(tag.slice(tag.indexOf('$') + 1));
  const component = componentOf(usageType);
  return {
    day,
    ...(Number.isSafeInteger(tenant) && tenant > 0 ? { installationId: InstallationId(tenant) } : {}),
    ...(component === undefined ? {} : { component }),
    micros: microsFrom(Number(Metrics['UnblendedCost']?.Amount ?? 0)),
  };
}
