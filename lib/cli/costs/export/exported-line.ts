/**
 * A row of AWS's bill by resource: its cost if a machine caused it, the resource, and the tags. Credits, taxes,
 * refunds and fees belong to the account, not to a machine. Usage covered by a savings plan or a reservation counts
 * at its effective cost.
 * Sources:
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-line-item.html#Lineitem-details-L-LineItemType,
 * https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-savings-plan.html (effective cost)
 */
import { type ExportColumn, exportTagOf } from '../../../contract/costs-export.ts';
import { componentOf } from '../../../core/compare-bill.ts';
import type { ExportedLine } from '../../../core/compare-export.ts';
import { InstallationId, TierName } from '../../../core/ids.ts';
import { tagKeys } from '../../../core/tags.ts';

/** The column that has the cost, by line item type. Other types are not costs of machines. */
const costColumns: Readonly<Record<string, ExportColumn>> = {
  Usage: 'line_item_unblended_cost',
  DiscountedUsage: 'reservation_effective_cost',
  SavingsPlanCoveredUsage: 'savings_plan_savings_plan_effective_cost',
  EdpDiscount: 'line_item_unblended_cost',
  PrivateRateDiscount: 'line_item_unblended_cost',
  BundledDiscount: 'line_item_unblended_cost',
  SppDiscount: 'line_item_unblended_cost',
};

/** @returns undefined if it is not a cost of a machine. @throws Error if the amount or the tags cannot be read */
export function exportedLine(cells: Readonly<Record<ExportColumn, string>>): ExportedLine | undefined {
  const type = cells.line_item_line_item_type;
  const column = Object.hasOwn(costColumns, type) ? costColumns[type] : undefined;
  if (column === undefined) return undefined;
  const micros = Number(cells[column] || 0) * 1_000_000;
  if (!Number.isFinite(micros))
    throw new Error(`${column} is ${JSON.stringify(cells[column])}, not a number.`);
  const usageType = cells.line_item_usage_type;
  const component = componentOf(usageType);
  return {
    day: cells.line_item_usage_start_date.slice(0, 'yyyy-mm-dd'.length),
    resourceId: cells.line_item_resource_id,
    ...(component === undefined ? {} : { component }),
    isSpot: /(^|-)SpotUsage(:|$)/.test(usageType),
    micros,
    ...tagsOf(cells.resource_tags),
  };
}

const wanted = {
  environment: exportTagOf(tagKeys.environment),
  tenant: exportTagOf(tagKeys.tenant),
  tier: exportTagOf(tagKeys.tier),
};

function tagsOf(text: string): Pick<ExportedLine, 'environment' | 'installationId' | 'tier'> {
  if (text === '' || text === '{}') return {};
  const tags = JSON.parse(text) as Readonly<Record<string, string | undefined>>;
  const { [wanted.environment]: environment, [wanted.tenant]: tenant, [wanted.tier]: tier } = tags;
  const id = Number(tenant);
  return {
    ...(environment ? { environment } : {}),
    ...(Number.isSafeInteger(id) && id > 0 ? { installationId: InstallationId(id) } : {}),
    ...(tier ? { tier: TierName(tier) } : {}),
  };
}
