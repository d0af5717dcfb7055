import { describe, expect, it } from '@jest/globals';
import { expect as expectAll } from 'expect';
import { expect as expectOne } from './expect-one.ts';

/** One for all: messages show where it was made. */
const no = new Error('no');
const broken = () => {
  throw no;
};

/** Each is met once and failed once. */
const cases: readonly [string, (ask: typeof expectAll, met: boolean) => unknown][] = [
  ['toBe', (ask, met) => ask(1).toBe(met ? 1 : 2)],
  ['not.toEqual', (ask, met) => ask({ a: 1 }).not.toEqual({ a: met ? 2 : 1 })],
  ['toMatchObject', (ask, met) => ask({ a: 1, b: 2 }).toMatchObject({ a: ask.any(met ? Number : String) })],
  ['toThrow', (ask, met) => ask(broken).toThrow(met ? /no/ : /yes/)],
  ['resolves.toBe', (ask, met) => ask(Promise.resolve(1)).resolves.toBe(met ? 1 : 2)],
  [
    'resolves of a rejection',
    (ask, met) => ask(met ? Promise.resolve(1) : Promise.reject(1)).resolves.toBe(1),
  ],
  ['rejects.toThrow', (ask, met) => ask(Promise.reject(no)).rejects.toThrow(met ? 'no' : 'yes')],
  ['rejects.not.toBe', (ask, met) => ask(Promise.reject(1)).rejects.not.toBe(met ? 2 : 1)],
  ['rejects of a value', (ask, met) => ask(met ? Promise.reject(1) : 1).rejects.toBe(1)],
  [
    'two values',
    (ask, met) => (ask as (...values: number[]) => ReturnType<typeof ask>)(...(met ? [1] : [1, 1])).toBe(1),
  ],
  ['a matcher that nobody has', (ask, met) => (met ? undefined : Reflect.get(ask(1), 'toBeSo')())],
];

/** What it throws. */
async function failure(step: () => unknown): Promise<Partial<Error>> {
  try {
    await step();
    return {};
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message };
  }
}

describe('an expectation of one matcher', () => {
  it.each(cases)('is met and fails as an expectation of Jest does: %s', async (_, ask) => {
    expect(await failure(() => ask(expectOne, true))).toEqual({});
    const failed = await failure(() => ask(expectOne, false));
    expect(failed.message).toBeTruthy();
    expect(failed).toEqual(await failure(() => ask(expectAll, false)));
  });

  it('shows where it failed', () => {
    const { stack = '' } = (() => {
      try {
        return expectOne(1).toBe(2) as never;
      } catch (error) {
        return error as Error;
      }
    })();
    expect(stack.split('\n').find((line) => line.startsWith('    at '))).toContain('expect-one.test.ts');
  });

  it('leaves all matchers to others', () => {
    expectOne(1).toBe(1);
    expect(Object.keys(expectAll(1))).toContain('toEqual');
  });
});
