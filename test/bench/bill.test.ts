/** The bill for usage that can be counted by hand. */
import { describe, expect, it } from '@jest/globals';
import { billLines, functionTimeDollars, perMillion, totalDollars, type Use } from './bill.ts';

const nothing: Use = {
  functions: [],
  queueSends: 0,
  fairSends: 0,
  writeUnits: 0,
  readUnits: 0,
  secretReads: 0,
  logLines: 0,
  logBytes: 0,
};
const worker = { name: 'worker', memoryMegabytes: 512, invocations: 1_000_000, billedMilliseconds: 0 };

const dollarsOf = (use: Partial<Use>, item: string) =>
  billLines({ ...nothing, ...use }).find((line) => line.item === item)?.dollars;

describe('a bill', () => {
  it('is zero for no usage', () => {
    expect(totalDollars(billLines(nothing))).toBe(0);
  });

  it('charges memory and time together', () => {
    const use = { ...worker, source: 'other' as const, billedMilliseconds: 2_000_000 };
    expect(functionTimeDollars(use)).toBeCloseTo(1000 * 0.0000133334, 10);
  });

  it('charges a poller a receive and a delete for each batch, and more on fair queues', () => {
    expect(dollarsOf({ functions: [{ ...worker, source: 'other' }] }, 'SQS')).toBe(0);
    expect(dollarsOf({ functions: [{ ...worker, source: 'queue' }] }, 'SQS')).toBeCloseTo(0.8, 10);
    expect(dollarsOf({ functions: [{ ...worker, source: 'fair-queue' }] }, 'SQS')).toBeCloseTo(1, 10);
    expect(dollarsOf({ queueSends: 1e6, fairSends: 1e6 }, 'SQS')).toBeCloseTo(0.5, 10);
  });

  it('charges no poller for invocations by another function', () => {
    const called = { ...worker, source: 'queue' as const, byFunctions: 750_000 };
    expect(dollarsOf({ functions: [called] }, 'SQS')).toBeCloseTo(0.2, 10);
    expect(dollarsOf({ functions: [called] }, 'Lambda requests')).toBeCloseTo(0.2, 10);
  });

  it('charges database units at their own prices', () => {
    expect(dollarsOf({ writeUnits: 1e6 }, 'DynamoDB writes')).toBeCloseTo(0.625, 10);
    expect(dollarsOf({ readUnits: 1e6 }, 'DynamoDB reads')).toBeCloseTo(0.125, 10);
  });

  it('charges log lines with their overhead', () => {
    expect(dollarsOf({ logLines: 1e6, logBytes: 974e6 }, 'logs')).toBeCloseTo(0.5, 10);
  });

  it('for a million jobs is extrapolated from the bill for a few', () => {
    expect(perMillion([{ item: 'SQS', dollars: 0.001 }], 50)).toEqual([{ item: 'SQS', dollars: 20 }]);
  });
});
