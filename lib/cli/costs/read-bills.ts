/**
 * AWS's bill for some days, from the most precise source: an export has it by machine, without credits and taxes, and
 * costs no request; Cost Explorer has it by tag.
 */
import { listSums } from '../../adapters/dynamodb/usage-sum-list.ts';
import { type BilledCost, type LeftOutOfDay, withoutUnpricedAddresses } from '../../core/compare-bill.ts';
import { type ComparedExport, withoutLeftOut } from '../../core/compare-export.ts';
import type { BillSource, BothBills } from '../../core/compared-day.ts';
import { dayMilliseconds, dayOf } from '../../core/days.ts';
import type { UsageSum } from '../../core/usage-sum.ts';
import { type CommandCall, type CommandOption, UsageError } from '../command.ts';
import { costExplorer } from './cost-explorer-client.ts';
import { compareWithExport } from './export/compare-with-export.ts';
import { readBill } from './read-bill.ts';
import { usageTable } from './usage-table.ts';

export const sourceOption: CommandOption = {
  flags: '--source <source>',
  description: 'auto, export, cost-explorer; auto: the export, if AWS has delivered one',
  default: 'auto',
};

/** Everything that is recorded and billed: what is stored, and what reports show. */
export interface Bills extends BothBills {
  readonly source: BillSource;
  readonly days: readonly string[];
  readonly requests: number;
  /** Both sides without machines that have no recorded price. These decide whether the sides differ. */
  readonly priced: { readonly sums: readonly UsageSum[]; readonly bill: readonly BilledCost[] };
  /** Disks and addresses that `priced` leaves out. */
  readonly leftOut: readonly LeftOutOfDay[];
  readonly byMachine?: Omit<ComparedExport, 'bill' | 'pricedBill' | 'leftOut'> & {
    readonly deliveredAt: string;
  };
}

interface Asked {
  readonly days: readonly string[];
  readonly mostRequests: number;
}

/** @throws UsageError */
export async function readBills(call: CommandCall, asked: Asked): Promise<Bills> {
  const source = call.options['source'];
  if (!['auto', 'export', 'cost-explorer'].includes(String(source)))
    throw new UsageError(`--source is ${JSON.stringify(source)}; it must be auto, export or cost-explorer.`);
  if (source !== 'cost-explorer') {
    const read = await compareWithExport(call, asked.days);
    if (typeof read !== 'string') {
      const { sums, days, found, deliveredAt } = read;
      const { bill, pricedBill, leftOut, ...byMachine } = found;
      const priced = { sums: withoutLeftOut(sums, leftOut), bill: pricedBill };
      const common = { sums, days, byTenant: bill, byTier: bill, requests: 0, priced, leftOut };
      return { source: 'export', ...common, byMachine: { ...byMachine, deliveredAt } };
    }
    if (source === 'export') throw new UsageError(read);
  }
  return readBoth(call, asked);
}

async function readBoth(call: CommandCall, { days, mostRequests }: Asked): Promise<Bills> {
  const { environment } = call.config;
  const { sums } = await listSums(usageTable(call), { days });
  const to = dayOf(Date.parse(days.at(-1)!) + dayMilliseconds);
  const asked = { environment, from: days[0]!, to };
  const client = costExplorer(call);
  const byTenant = await readBill(client, { ...asked, by: 'tenant', mostRequests });
  const left = mostRequests - byTenant.requests;
  const byTier = await readBill(client, { ...asked, by: 'tier', mostRequests: left });
  const requests = byTenant.requests + byTier.requests;
  const { leftOut, ...priced } = withoutUnpricedAddresses(sums, byTenant.bill);
  const bills = { sums, byTenant: byTenant.bill, byTier: byTier.bill };
  return { source: 'cost-explorer', days, requests, ...bills, priced, leftOut };
}
