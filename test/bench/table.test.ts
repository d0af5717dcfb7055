/** The format of the report for people. */
import { describe, expect, it } from '@jest/globals';
import { judged } from './goals.ts';
import { median } from './result.ts';
import { renderReport, renderTable } from './table.ts';

const machine = { cpu: 'Slowpoke 1', cores: 2, memoryGigabytes: 4, node: 'v24.0.0', load: 0.1 };

describe('a figure', () => {
  it.each([
    { value: 11, met: true },
    { value: 11.001, met: false },
  ])('of $value with a goal of at most 11 is met: $met, whatever it is rounded to', ({ value, met }) => {
    expect(judged('calls over a life, burst', value, 'calls a job')).toMatchObject({ value: 11, met });
  });

  it('with a lower bound is missed when it is below', () => {
    const result = judged('webhooks a second', 1999.9, 'requests/s');
    expect(result).toMatchObject({ value: 2000, goal: 'at least 2000', met: false });
  });

  it('without a goal neither meets nor misses one', () => {
    expect(judged('something else', 3, 'ms')).toMatchObject({ goal: null, met: null });
  });

  it('of many measurements is the median', () => {
    expect([median([9, 1, 5]), median([9, 1, 5, 6])]).toEqual([5, 5.5]);
    expect(() => median([])).toThrow('at least once');
  });
});

describe('the table', () => {
  it('has aligned columns, with numbers right-aligned', () => {
    const lines = renderTable([judged('a', 12_345, 'ms'), judged('bb', 0.5, '$')]);
    expect(lines).toEqual([
      'measure   value  unit  goal',
      '-------  ------  ----  ----  ',
      'a        12,345  ms',
      'bb          0.5  $',
    ]);
  });

  it('names the machine and the missed goals', () => {
    const results = [judged('synthesis', 9, 's'), judged('scale-up of 25 jobs', 1, 's')];
    const text = renderReport(machine, { results, notes: ['measured once'] });
    expect(text).toContain('Machine: Slowpoke 1, 2 cores, 4 GB, node v24.0.0');
    expect(text).toContain('Missed: synthesis.');
    expect(text).toContain('- measured once');
  });
});
