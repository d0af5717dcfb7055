/** FOCUS 1.2: every mandatory column, no column that it does not know, and values of the types that it asks for. */
import { describe, expect, it } from '@jest/globals';
import { focusColumns, focusRow } from '../../lib/core/focus.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { usageOf } from '../../lib/core/usage.ts';
import { sumUp, type UsageSum } from '../../lib/core/usage-sum.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { focusSpecification } from '../support/focus-columns.ts';
import { noon } from '../support/given.ts';
import { nonEmpty } from '../support/non-empty.ts';

const place = { environment: 'my-saas', region: 'us-east-1', month: '2026-11' };

function givenSum(over: Partial<UsageSum> = {}): UsageSum {
  const rates = { list: '2026-07-20', compute: 36_000, surplus: 0, disk: 0, address: 3_600 };
  const runner = givenRunner({ installationId: InstallationId(101), rates, startedAt: noon });
  const [sum] = sumUp([usageOf({ runner, reason: 'stood-down', endedAt: noon + 5_400_000, job: undefined })]);
  return { ...sum!, ...over };
}
const rows = [
  focusRow(givenSum(), place),
  focusRow(givenSum({ work: { repository: 'acme/app', workflow: 'build' }, spotMachines: 1 }), place),
];

const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
  String: (value) => typeof value === 'string' && value.length > 0,
  Decimal: (value) => typeof value === 'number' && Number.isFinite(value),
  'Date/Time': (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(value)),
  JSON: (value) => Object.keys(JSON.parse(String(value))).length > 0,
};

describe('a FOCUS row', () => {
  it('has every mandatory column, and else none but those of the specification and of its own', () => {
    const mandatory = focusSpecification.filter(([, level]) => level === 'Mandatory').map(([name]) => name);
    expect(mandatory).toHaveLength(21);
    expect(focusColumns).toEqual(expect.arrayContaining(mandatory));
    const known = new Set(focusSpecification.map(([name]) => name));
    expect(focusColumns.filter((name) => !known.has(name) && !name.startsWith('x_'))).toEqual([]);
    expect(new Set(focusColumns).size).toBe(focusColumns.length);
  });

  it.each(rows.map((row) => [row.ChargeDescription, row] as const))(
    'has values as asked for: %s',
    (_, row) => {
      expect(Object.keys(row)).toEqual([...focusColumns]);
      const asked = focusSpecification.filter(([name]) => name in row);
      for (const [name, , nulls, type] of nonEmpty(asked)) {
        const value = row[name as keyof typeof row];
        const isRight = value === null ? nulls === 'nulls' : fits[type]!(value);
        expect([name, value, isRight]).toEqual([name, value, true]);
      }
    },
  );

  it('has the day as its period, in the billing period of its month', () => {
    expect(rows[0]).toMatchObject({
      ...{ BillingPeriodStart: '2026-11-01T00:00:00Z', BillingPeriodEnd: '2026-12-01T00:00:00Z' },
      ...{ ChargePeriodStart: '2026-11-21T00:00:00Z', ChargePeriodEnd: '2026-11-22T00:00:00Z' },
      ...{ ListCost: 0.0594, BilledCost: 0.0594, EffectiveCost: 0.0594, ContractedCost: 0.0594 },
      ...{ PricingQuantity: 1.5, PricingUnit: 'Hours', BillingCurrency: 'USD', ChargeCategory: 'Usage' },
      ...{ SubAccountId: '101', ChargeClass: null, ServiceCategory: 'Compute' },
    });
  });

  it('distinguishes spot machines, those with an agreed price, and a mixture', () => {
    const categories = [0, 1, 2].map(
      (spotMachines) => focusRow(givenSum({ machines: 2, spotMachines }), place).PricingCategory,
    );
    expect(categories).toEqual(['Standard', 'Other', 'Dynamic']);
  });
});
