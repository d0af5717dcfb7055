/**
 * What machines cost, as rows of FOCUS 1.2, the FinOps Open Cost and Usage Specification: all of its mandatory columns,
 * and the conditional and recommended ones that Mayfly has data for. Amounts are estimates at AWS's list prices.
 * Source: https://focus.finops.org/focus-specification/v1-2/ (columns and attributes of the tag v1.2 of its repository)
 */
import { dayMilliseconds } from './days.ts';
import { totalOf } from './price.ts';
import { tagKeys } from './tags.ts';
import type { UsageSum } from './usage-sum.ts';

export interface FocusPlace {
  readonly environment: string;
  readonly region: string;
  /** `2026-11`. */
  readonly month: string;
}

/** Custom columns begin with x_. */
export const focusColumns = [
  'BilledCost',
  'BillingAccountId',
  'BillingAccountName',
  'BillingCurrency',
  'BillingPeriodEnd',
  'BillingPeriodStart',
  'ChargeCategory',
  'ChargeClass',
  'ChargeDescription',
  'ChargeFrequency',
  'ChargePeriodEnd',
  'ChargePeriodStart',
  'ConsumedQuantity',
  'ConsumedUnit',
  'ContractedCost',
  'EffectiveCost',
  'InvoiceIssuerName',
  'ListCost',
  'PricingCategory',
  'PricingQuantity',
  'PricingUnit',
  'ProviderName',
  'PublisherName',
  'RegionId',
  'ServiceCategory',
  'ServiceName',
  'ServiceSubcategory',
  'SubAccountId',
  'SubAccountName',
  'SubAccountType',
  'Tags',
  'x_Tier',
  'x_Repository',
  'x_Workflow',
  'x_Machines',
  'x_Jobs',
] as const;

/** null: FOCUS's own null. */
export type FocusRow = Readonly<Record<(typeof focusColumns)[number], string | number | null>>;

const aws = 'AWS';

/** The day and month are UTC; an end is the first moment after the period. */
export function focusRow(sum: UsageSum, { environment, region, month }: FocusPlace): FocusRow {
  const { day, installationId, account, tier, work, seconds, machines, jobs, cost } = sum;
  const dollars = totalOf(cost) / 1_000_000;
  const hours = Math.round((seconds / 3600) * 1_000_000) / 1_000_000;
  const start = Date.parse(day);
  const [year = 0, monthOfYear = 1] = month.split('-').map(Number);
  return {
    BilledCost: dollars,
    BillingAccountId: environment,
    BillingAccountName: environment,
    BillingCurrency: 'USD',
    BillingPeriodEnd: timeOf(Date.UTC(year, monthOfYear, 1)),
    BillingPeriodStart: timeOf(Date.parse(`${month}-01`)),
    ChargeCategory: 'Usage',
    ChargeClass: null,
    ChargeDescription: work
      ? `Runners of tier ${tier} for ${work.repository ?? 'unknown repositories'}, ${work.workflow ?? 'unknown workflows'}`
      : `Runners of tier ${tier} that ran no job`,
    ChargeFrequency: 'Usage-Based',
    ChargePeriodEnd: timeOf(start + dayMilliseconds),
    ChargePeriodStart: timeOf(start),
    ConsumedQuantity: hours,
    ConsumedUnit: 'Hours',
    ContractedCost: dollars,
    EffectiveCost: dollars,
    InvoiceIssuerName: aws,
    ListCost: dollars,
    PricingCategory: pricingCategory(sum),
    PricingQuantity: hours,
    PricingUnit: 'Hours',
    ProviderName: aws,
    PublisherName: aws,
    RegionId: region,
    ServiceCategory: 'Compute',
    ServiceName: 'Amazon Elastic Compute Cloud',
    ServiceSubcategory: 'Virtual Machines',
    SubAccountId: String(installationId),
    SubAccountName: account,
    SubAccountType: 'GitHub App installation',
    Tags: JSON.stringify({
      [tagKeys.tenant]: String(installationId),
      [tagKeys.tier]: tier,
      [tagKeys.environment]: environment,
    }),
    x_Tier: tier,
    x_Repository: work?.repository ?? null,
    x_Workflow: work?.workflow ?? null,
    x_Machines: machines,
    x_Jobs: jobs,
  };
}

/** Spot prices may change at any time; other prices are agreed. */
function pricingCategory({ machines, spotMachines }: UsageSum): string {
  if (spotMachines === 0) return 'Standard';
  return spotMachines === machines ? 'Dynamic' : 'Other';
}

/** ISO 8601 with seconds, as in the specification's Date/Time Format. */
const timeOf = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
