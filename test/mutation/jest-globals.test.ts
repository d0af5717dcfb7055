import { describe, expect, it } from '@jest/globals';
import * as own from './jest-globals.ts';

/** What these declarations do, in order, where all or some tests are wanted. */
async function play(declare: (steps: string[]) => void, wanted?: string) {
  const steps: string[] = [];
  const suite = await own.collect('file', async () => declare(steps));
  const failed: string[] = [];
  const goesOn = await own.runSuite(suite, {
    isWanted: ({ id }) => wanted === undefined || id.endsWith(wanted),
    begin: () => undefined,
    end: ({ id }, failure) => {
      if (failure !== undefined) failed.push(id);
      return true;
    },
  });
  return { ids: own.testsIn(suite).map(({ id }) => id), steps, failed, goesOn };
}

describe('tests in one process', () => {
  it('have their hooks around them, from the outside in and out again', async () => {
    const declare = (steps: string[]) => {
      own.beforeEach(() => steps.push('outer before'));
      own.afterEach(() => steps.push('outer after'));
      own.describe('inner', () => {
        own.beforeAll(() => steps.push('all before'));
        own.beforeEach(() => steps.push('inner before'));
        own.afterEach(() => steps.push('inner after'));
        own.afterAll(() => steps.push('all after'));
        own.it('one', () => steps.push('one'));
      });
      own.it('two', () => steps.push('two'));
    };
    const one = [
      'all before',
      'outer before',
      'inner before',
      'one',
      'inner after',
      'outer after',
      'all after',
    ];
    expect((await play(declare)).steps).toEqual([...one, 'outer before', 'two', 'outer after']);
    expect((await play(declare, 'one')).steps).toEqual(one);
  });

  it('are named by file and describes, with a row each, and no two alike', async () => {
    const { ids, steps } = await play((seen) => {
      own.describe('sums', () => {
        own.it.each([
          [1, 2],
          [3, 4],
        ])('of %i and %i', (a: number, b: number) => void seen.push(`${a + b}`));
        own.it('of none', () => undefined);
        own.it('of none', () => undefined);
      });
    });
    expect(ids.slice(0, 3)).toEqual([
      'file › sums › of 1 and 2',
      'file › sums › of 3 and 4',
      'file › sums › of none',
    ]);
    expect(new Set(ids).size).toBe(4);
    expect(steps).toEqual(['3', '7']);
  });

  it('fail where they or their hooks throw, and are cleaned up after', async () => {
    const { failed, steps } = await play((seen) => {
      own.afterEach(() => seen.push('cleaned'));
      own.it('throws', () => Promise.reject(new Error('no')));
      own.it('expects', () => own.expect(1).toBe(2));
      own.it('throws nothing', () => {
        throw undefined;
      });
      own.describe('without a world', () => {
        own.beforeAll(() => {
          throw new Error('no world');
        });
        own.it('is not run', () => seen.push('run'));
      });
    });
    expect(failed).toEqual([
      'file › throws',
      'file › expects',
      'file › throws nothing',
      'file › without a world › is not run',
    ]);
    expect(steps).toEqual(['cleaned', 'cleaned', 'cleaned']);
  });
});
