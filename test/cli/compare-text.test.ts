import { describe, expect, it } from '@jest/globals';
import { compareText, type Shown } from '../../lib/cli/costs/compare-text.ts';
import { compareBill } from '../../lib/core/compare-bill.ts';
import { acme } from '../support/given.ts';

const days = ['2026-11-01', '2026-11-02'];
const shown: Shown = {
  ...{ title: '2026-11, 2026-11-01 to 2026-11-02', source: 'cost-explorer', requests: 1, incomplete: [] },
  ...{ leftOut: [], accounts: new Map(), changed: 0, uncertainty: undefined },
};

describe('a comparison with the bill, as text', () => {
  it('says that nothing ran, rather than that nothing differs', () => {
    const text = compareText(compareBill({ sums: [], bill: [] }, days), shown);
    expect(text).toContain('No machine ran on these days, according to the records and the bill.');
    expect(text).not.toContain('within 3%');
    expect(text).toContain('1 request to Cost Explorer');
  });

  it('says that three days of more than three percent in a row set the exit status', () => {
    const bill = [{ day: days[0]!, installationId: acme, component: 'compute', micros: 5_000_000 } as const];
    const text = compareText(compareBill({ sums: [], bill }, days), shown);
    expect(text).toMatch(/\b3%/);
    expect(text).toContain('3 in a row set the exit status to 1.');
  });

  it('names components as reports do, and days with more left out than it shows', () => {
    const bill = [{ day: days[0]!, installationId: acme, component: 'surplus', micros: 5_000_000 } as const];
    const leftOut = Array.from({ length: 6 }, (_, n) => ({
      day: `2026-11-0${n + 1}`,
      component: 'disk' as const,
    }));
    const text = compareText(compareBill({ sums: [], bill }, days), { ...shown, leftOut });
    expect(text).toMatch(/CPU credits +0\.0000 +5\.0000/);
    expect(text).toMatch(/some machines have no price for it: disk on 2026-11-01, .*-05, and 1 more day\n/);
  });
});
