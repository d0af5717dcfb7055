import { describe, expect, it } from '@jest/globals';
import { billLines, totalDollars } from './bill.ts';
import { itemsOf, renderItems } from './breakdown.ts';
import type { Reading } from './meter.ts';

const reading: Reading = {
  awsCalls: 9,
  githubCalls: 1,
  byAction: [],
  unitsByPart: [
    { part: 'scale-up BatchExecuteStatement jobs', units: 8 },
    { part: 'claim UpdateItem runners', units: 4 },
  ],
  readsByPart: [{ part: 'claim BatchGetItem jobs', units: 3 }],
  logsByEvent: [{ event: 'job-started', lines: 2, bytes: 1_600 }],
  failedUnits: 0,
  use: {
    functions: [
      { name: 'claim', memoryMegabytes: 256, invocations: 4, billedMilliseconds: 200, source: 'other' },
      {
        name: 'scale-up',
        memoryMegabytes: 256,
        invocations: 1,
        billedMilliseconds: 90,
        source: 'fair-queue',
      },
    ],
    queueSends: 6,
    fairSends: 2,
    writeUnits: 12,
    readUnits: 3,
    secretReads: 1,
    logLines: 2,
    logBytes: 1_600,
  },
};

describe('bill items', () => {
  it('add up to the bill, the most expensive first', () => {
    const items = itemsOf(reading, 2);
    const whole = (totalDollars(billLines(reading.use)) / 2) * 1e6;
    expect(items.reduce((sum, { dollars }) => sum + dollars, 0)).toBeCloseTo(whole, 9);
    expect(items.map(({ item }) => item)).toContain('writes: scale-up BatchExecuteStatement jobs');
    expect(items.every(({ dollars }, n) => n === 0 || dollars <= items[n - 1]!.dollars)).toBe(true);
  });

  it('are shown beside those of jobs that run one at a time', () => {
    const [one, two] = [
      [{ item: 'SQS', dollars: 2 }],
      [
        { item: 'SQS', dollars: 5 },
        { item: 'lines: launch', dollars: 0.4 },
        { item: 'next to nothing', dollars: 0.001 },
      ],
    ];
    expect(renderItems(one, two)).toEqual([
      '$ for a million jobs   burst  single',
      'SQS                     2.00    5.00',
      'lines: launch           0.00    0.40',
    ]);
  });
});
